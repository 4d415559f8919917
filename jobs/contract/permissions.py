"""The permissions that a token needs for one request: those of its action, and one to read rows.

Nothing is left to the author of a handler: wherever a payload names rows that its tenant has stored, the token needs
``datasets.read``. Rows that come with the payload need none.
"""

from collections.abc import Collection, Iterator
from functools import cache
from typing import Any, get_args

from pydantic import BaseModel

from jobs.contract.base import Handler, Payload
from jobs.contract.data_source import DatasetSource, FileSource, QuerySource, StreamSource
from jobs.contract.source import DatasetColumns

READ_ROWS = "datasets.read"
_STORED_ROWS = (DatasetSource, FileSource, QuerySource, StreamSource, DatasetColumns)


def permissions_of(handler: Handler[Any], payload: Payload) -> Iterator[str]:
    """Yield the permissions that the payload needs, beside ``Handler.permission``."""
    if _names_rows(payload):
        yield READ_ROWS
    yield from handler.permissions_for(payload)


def permissions_of_items(handler: Handler[Any]) -> Collection[str]:
    """Return the permissions that any payload of the handler may need, for payloads that nobody has looked at yet."""
    own = () if handler.permission is None else (handler.permission,)
    return (*own, READ_ROWS) if may_name_rows(handler.payload_model) else own


@cache
def may_name_rows(model: type[BaseModel]) -> bool:
    """Tell whether a payload of this model can name rows that the tenant has stored."""
    return any(issubclass(inner, _STORED_ROWS) for inner in _models_in(model))


def _names_rows(value: Any) -> bool:
    """Tell whether there are stored rows in a value. Only fields that can hold them are looked into."""
    if isinstance(value, _STORED_ROWS):
        return True
    if isinstance(value, BaseModel):
        return any(_names_rows(getattr(value, name)) for name in _places(type(value)))
    if isinstance(value, dict):
        return any(map(_names_rows, value.values()))
    return isinstance(value, (list, tuple, set, frozenset)) and any(map(_names_rows, value))


@cache
def _places(model: type[BaseModel]) -> tuple[str, ...]:
    """List the fields of a model that can hold stored rows."""
    return tuple(
        name
        for name, field in model.model_fields.items()
        if any(may_name_rows(inner) for inner in _models_named(field.annotation))
    )


def _models_in(model: type[BaseModel]) -> set[type[BaseModel]]:
    """Return the model, and all models that its fields are made of."""
    found, ahead = set[type[BaseModel]](), [model]
    while ahead:
        if (one := ahead.pop()) not in found:
            found.add(one)
            for field in one.model_fields.values():
                ahead += _models_named(field.annotation)
    return found


def _models_named(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in get_args(annotation) for model in _models_named(argument)]
