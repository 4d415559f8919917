"""The few types of the columns of ``data``, and the SELECT that casts all others to them."""

from collections.abc import Mapping

from jobs.contract.quoting import quote_name
from jobs.data.duckdb_types import NESTED, WHOLE, family, to_microseconds

_PLAIN = WHOLE | {"BOOLEAN", "FLOAT", "DOUBLE", "DECIMAL", "VARCHAR", "BLOB", "DATE"}


def plain_select(columns: Mapping[str, str], origin: str) -> str:
    """Select all ``columns`` (name → DuckDB type) of ``origin``, a table or the like in SQL, as plain types."""
    return f"SELECT {', '.join(_plain(name, kind) for name, kind in columns.items())} FROM {origin}"


def _plain(name: str, kind: str) -> str:
    column = quote_name(name)
    if family(kind) in _PLAIN:
        return column
    if kind in ("HUGEINT", "UHUGEINT"):  # the type of sum()
        return f"CAST({column} AS DECIMAL(38, 0)) AS {column}"
    if family(kind) in NESTED:
        return f"CAST(to_json({column}) AS VARCHAR) AS {column}"
    return f"{to_microseconds(column, kind) or f'CAST({column} AS VARCHAR)'} AS {column}"
