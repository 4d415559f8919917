"""The names of DuckDB's types, and SQL for the moments that datasets and runs keep: in microseconds and UTC."""

NESTED = frozenset({"LIST", "STRUCT", "MAP", "UNION", "VARIANT"})
WHOLE = frozenset({"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"})
NANOSECOND_TYPES = ("TIMESTAMP_NS", "TIMESTAMPTZ_NS", "TIME_NS")
"""DuckDB's types that are finer than microseconds."""
_ZONED = ("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ", "TIMESTAMPTZ_NS")
_PLAIN = ("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS")
_TIMES = ("TIME", "TIME_NS", "TIME WITH TIME ZONE", "TIMETZ")


def family(kind: str) -> str:
    """Give the type without what is in parentheses: DECIMAL for ``DECIMAL(18,3)``, LIST for ``BIGINT[]``."""
    return "LIST" if kind.endswith("]") else kind.partition("(")[0]


def is_timestamp(kind: str) -> bool:
    """Tell whether the type is a TIMESTAMP of any precision, with a time zone or without."""
    return kind in _ZONED or kind in _PLAIN


def to_microseconds(column: str, kind: str) -> str | None:
    """Give SQL for the value of ``column``, a TIMESTAMP or a TIME; None if ``kind`` is no such type.

    ``column`` is SQL. What is finer than a microsecond is cut off, where a cast would round it into the next day.
    """
    if kind == "TIMESTAMPTZ_NS":  # DuckDB casts it to no other type
        column, kind = f"CAST({column} AS TIMESTAMP_NS)", "TIMESTAMP_NS"
    if kind == "TIMESTAMP_NS":
        whole = f"make_timestamp(CAST({_microseconds(column)} AS BIGINT))"
        # The infinite ones are no number of nanoseconds.
        return f"CASE WHEN epoch_ns({column}) IS NULL THEN CAST({column} AS TIMESTAMP) ELSE {whole} END"
    if kind == "TIME_NS":
        return f"CAST(make_timestamp(CAST({_microseconds(column)} AS BIGINT)) AS TIME)"
    if is_timestamp(kind):
        return column if kind == "TIMESTAMP" else f"CAST({column} AS TIMESTAMP)"
    if kind in _TIMES:
        return column if kind == "TIME" else f"CAST({column} AS TIME)"
    return None


def is_finer(column: str) -> str:
    """Give SQL for whether the value of ``column``, of one of ``NANOSECOND_TYPES``, has a part of a microsecond."""
    return f"epoch_ns({column}) % 1000 <> 0"


def _microseconds(column: str) -> str:
    nanoseconds = f"CAST(epoch_ns({column}) AS HUGEINT)"
    return f"({nanoseconds} - ({nanoseconds} % 1000 + 1000) % 1000) // 1000"
