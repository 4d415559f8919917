"""Find the columns that a report needs among those of a source's records, and check their types."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from jobs.handler import Permanent, moment_of_text_sql, quote_name, usable_sql


class Kind(Enum):
    NUMBER = "a number"
    DATE = "a date"
    MOMENT = "a date-time"
    BOOLEAN = "true or false"
    TEXT = "text"


DIGITS_OF_FLOATS = {"FLOAT": 7, "DOUBLE": 15}
"""Floating-point type → the digits that each of its numbers surely has."""
MIN_DECIMALS, MAX_DECIMALS = 6, 37
_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
_KINDS: dict[str, Kind] = {
    **dict.fromkeys((*_NUMBERS, *(f"U{name}" for name in _NUMBERS), "FLOAT", "DOUBLE", "DECIMAL"), Kind.NUMBER),
    "DATE": Kind.DATE,
    **dict.fromkeys(("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"), Kind.MOMENT),
    "TIMESTAMP WITH TIME ZONE": Kind.MOMENT,
    "BOOLEAN": Kind.BOOLEAN,
}


@dataclass(frozen=True, kw_only=True)
class Column:
    name: str
    type: str
    """The type in DuckDB."""

    @property
    def kind(self) -> Kind:
        """Return the kind of the column. Names, identifiers, times of day and lists count as text."""
        return _KINDS.get(self.type.split("(")[0], Kind.TEXT)

    @property
    def sql(self) -> str:
        return quote_name(self.name)


@dataclass(frozen=True, kw_only=True)
class Columns:
    """All columns of a record, in order, and the ones that a report uses."""

    all: Mapping[str, Column]
    date: Column
    value: Column
    category: Column
    region: Column | None
    decimals: int = MIN_DECIMALS
    """The decimals to which a floating-point value is rounded, so that the digits it surely has are kept."""

    @property
    def moment_sql(self) -> str:
        """Return SQL for the date column that compares with dates. Texts are read as ISO 8601, in UTC."""
        if self.date.kind is Kind.TEXT:
            # With an error for what is no date, since its record would be missing from the report.
            return moment_of_text_sql(self.date.sql, cast="CAST")
        return self.date.sql

    @property
    def value_sql(self) -> str:
        """Return SQL for the value, NULL if it is not a number or infinite."""
        return usable_sql(self.value.sql, self.value.type)

    @property
    def amount_sql(self) -> str:
        """Return SQL for the value with an exact type. A floating-point value is rounded to ``decimals``."""
        if self.value.type not in DIGITS_OF_FLOATS:
            return self.value.sql
        return f"CAST({self.value_sql} AS DECIMAL(38, {self.decimals}))"


def find_columns(types: Mapping[str, str], *, date: str, value: str, category: str, region: str | None) -> Columns:
    """Find the named columns among ``types`` (name → DuckDB type). Raises ``Permanent`` for an unsuitable type."""
    found = {name: Column(name=name, type=column_type) for name, column_type in types.items()}
    require_columns(found, [name for name in (date, value, category, region) if name])
    if found[value].kind is not Kind.NUMBER:
        raise Permanent(f"The value column '{value}' holds {found[value].type}, not numbers.")
    if found[date].kind not in (Kind.DATE, Kind.MOMENT, Kind.TEXT):
        raise Permanent(f"The date column '{date}' holds {found[date].type}, not dates.")
    return Columns(
        all=found,
        date=found[date],
        value=found[value],
        category=found[category],
        region=found[region] if region else None,
    )


def require_columns(found: Mapping[str, Column], names: list[str]) -> None:
    """Raise ``Permanent``, listing the existing columns, unless all of ``names`` are among them."""
    if missing := [name for name in names if name not in found]:
        raise Permanent(
            f"There is no column {', '.join(map(repr, missing))} in this source. There are: {', '.join(found)}.",
            details={"missing": missing, "columns": list(found)},
        )
