"""The names and values of columns, for statements whose text is written by hand and kept."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import (
    CharField,
    DateTimeField,
    Field,
    FloatField,
    IntegerField,
    Model,
    TextField,
    UUIDField,
)

from jobs.models import WAITING

Converter = Callable[..., Any]


def table(model: type[Model]) -> str:
    return quoted(model._meta.db_table)


def columns(model: type[Model], names: Iterable[str], row: str = "") -> str:
    """List the columns of these fields. ``row``: the name that the statement gives the table."""
    before = f"{row}." if row else ""
    return ", ".join(f"{before}{quoted(str(field(model, name).column))}" for name in names)


def is_waiting(row: str) -> str:
    """Return the condition on ``row`` that it waits, as the partial indexes of waiting requests have it.

    Its statuses are no parameters, because SQLite compares texts to find out if it may use such an index.
    """
    return f"{row}.{quoted('status')} IN ({', '.join(repr(str(status)) for status in WAITING)})"


def each(name: str) -> str:
    """Return the rows of one parameter, a JSON array of arrays. So one text serves any number of them."""
    if connection.vendor == "postgresql":
        return f"jsonb_array_elements(%s::jsonb) AS {name} (value)"
    return f"json_each(%s) AS {name}"


def item(name: str, index: int) -> str:
    """Return the text at ``index`` of a row of ``each``."""
    return (
        f"({name}.value ->> {index})"
        if connection.vendor == "postgresql"
        else f"json_extract({name}.value, '$[{index}]')"
    )


def quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def saved(model: type[Model], name: str, value: Any) -> Any:
    """Return the value as the database takes it for this column."""
    kind, prepare = _saver(model, name)
    # Django asks about a time without a zone.
    if type(value) is kind and not (isinstance(value, datetime) and value.tzinfo is None):
        return prepare(value)
    return field(model, name).get_db_prep_save(value, connection)


def read(model: type[Model], names: tuple[str, ...], values: Sequence[Any]) -> list[Any]:
    """Return the values of these columns as Django would have read them."""
    read_values = list(values)
    for index, name, converters in _converters(model, names):
        for convert in converters:
            read_values[index] = convert(read_values[index], _column(model, name), connection)
    return read_values


@cache
def field(model: type[Model], name: str) -> "Field[Any, Any]":
    """Find a field by its name or its column."""
    found = next(one for one in model._meta.concrete_fields if name in (one.name, one.attname))
    assert isinstance(found, Field)
    return found


@cache
def _saver(model: type[Model], name: str) -> tuple[type | None, Callable[[Any], Any]]:
    """Return the usual type of this column's values, and what Django makes of one, without its checks for others."""
    found = field(model, name)
    return next(((usual, prepare) for kind, usual, prepare in _SAVERS if isinstance(found, kind)), (None, _same))


def _same(value: Any) -> Any:
    return value


def _saved_uuid(value: UUID) -> Any:
    return value if connection.features.has_native_uuid_field else value.hex


def _saved_time(value: datetime) -> Any:
    return connection.ops.adapt_datetimefield_value(value)


# No JSON: each database takes it in its own way.
_SAVERS: tuple[tuple[Any, type, Callable[[Any], Any]], ...] = (
    (CharField, str, _same),
    (TextField, str, _same),
    (IntegerField, int, _same),
    (FloatField, float, _same),
    (UUIDField, UUID, _saved_uuid),
    (DateTimeField, datetime, _saved_time),
)


@cache
def _converters(model: type[Model], names: tuple[str, ...]) -> list[tuple[int, str, list[Converter]]]:
    found = []
    for index, name in enumerate(names):
        converters = [
            *connection.ops.get_db_converters(_column(model, name)),
            *field(model, name).get_db_converters(connection),
        ]
        if converters:
            found.append((index, name, converters))
    return found


@cache
def _column(model: type[Model], name: str) -> Any:
    return field(model, name).get_col(model._meta.db_table)
