"""The few types of the columns of ``data``, and the SELECT that casts all others to them."""

from collections.abc import Mapping

from jobs.contract.quoting import quote_name

_WHOLE = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"}
_OTHERS = {"BOOLEAN", "FLOAT", "DOUBLE", "VARCHAR", "BLOB", "DATE", "TIME", "TIMESTAMP"}
_PLAIN = _WHOLE | _OTHERS
_NESTED = ("STRUCT", "MAP", "UNION", "LIST")


def plain_select(columns: Mapping[str, str], origin: str) -> str:
    """Select all ``columns`` (name → DuckDB type) of ``origin``, a table or the like in SQL, as plain types."""
    return f"SELECT {', '.join(_plain(name, kind) for name, kind in columns.items())} FROM {origin}"


def _plain(name: str, kind: str) -> str:
    column = quote_name(name)
    if kind in _PLAIN or (kind.startswith("DECIMAL(") and not kind.endswith("]")):
        return column
    if kind in ("HUGEINT", "UHUGEINT"):  # the type of sum()
        return f"CAST({column} AS DECIMAL(38, 0)) AS {column}"
    if kind.startswith(_NESTED) or kind.endswith("]"):
        return f"CAST(to_json({column}) AS VARCHAR) AS {column}"
    if kind.startswith("TIMESTAMP") and ("TZ" in kind or "ZONE" in kind):  # in UTC
        return f"CAST(CAST({column} AS TIMESTAMP WITH TIME ZONE) AS TIMESTAMP) AS {column}"
    if kind.startswith("TIMESTAMP"):  # in seconds, or nanoseconds: then in microseconds
        return f"CAST({column} AS TIMESTAMP) AS {column}"
    return f"CAST({column} AS VARCHAR) AS {column}"
