"""The first rows of a table as JSON can hold them."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import duckdb

from jobs.contract.quoting import quote_name
from jobs.data.duckdb_types import is_timestamp, to_microseconds
from jobs.data.statements import fetch

SAMPLE_ROWS = 20
_MAX_TEXT = 200
# The years of Python; DuckDB's reach further, and its dates can be infinite.
_FIRST, _LAST = "TIMESTAMP '0001-01-01'", "TIMESTAMP '9999-12-31 23:59:59.999999'"


def first_rows(connection: duckdb.DuckDBPyConnection, origin: str, types: Mapping[str, str]) -> list[dict[str, Any]]:
    """The first rows of ``origin``, a table or the like in SQL; ``types``: column → DuckDB's type."""
    selected = ", ".join(_selected(quote_name(name), kind) for name, kind in types.items())
    rows = fetch(connection, f"SELECT {selected} FROM {origin} LIMIT {SAMPLE_ROWS}")
    pairs = ([row[at] if row[at] is not None else row[at + 1] for at in range(0, len(row), 2)] for row in rows)
    return [dict(zip(types, map(shown, values), strict=True)) for values in pairs]


def shown(value: Any) -> Any:
    """A value as JSON can hold it, long texts cut."""
    if isinstance(value, str):
        return value if len(value) <= _MAX_TEXT else f"{value[:_MAX_TEXT]}…"
    if isinstance(value, float):
        return value if value - value == 0 else None  # JSON has neither infinities nor NaN
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) <= 2**53 else str(value)  # most readers of JSON have floats only
    if isinstance(value, Decimal):
        return _of_decimal(value)
    return value.isoformat() if isinstance(value, date) else shown(str(value))


def _of_decimal(value: Decimal) -> float | str | None:
    if not value.is_finite():
        return None
    digits = "".join(map(str, value.as_tuple().digits)).strip("0")
    # 15 digits are the most that every float tells apart.
    return float(value) if len(digits) <= 15 else str(value)


def _selected(column: str, kind: str) -> str:
    """SQL for the value, and for the text that stands for it where Python has no such value, as for infinity."""
    value = to_microseconds(column, kind) or column
    if kind != "DATE" and not is_timestamp(kind):
        return f"{value}, NULL"
    return f"CASE WHEN {value} BETWEEN {_FIRST} AND {_LAST} THEN {value} END, CAST({value} AS VARCHAR)"
