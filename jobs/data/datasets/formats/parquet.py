"""Parquet to Parquet: checked, with the names and types that the other formats lead to."""

from pathlib import Path

import duckdb

from jobs.contract.quoting import quote_name, quote_text
from jobs.data.datasets.failures import Unreadable
from jobs.data.datasets.naming import unique_columns

_NESTED = ("STRUCT", "MAP", "UNION", "VARIANT")
_AS_TEXT = ("UUID", "JSON", "INTERVAL", "TIME", "BIT", "GEOMETRY")


def parquet_to_parquet(connection: duckdb.DuckDBPyConnection, path: Path, target: Path, notes: list[str]) -> None:
    """Rewrite the file as ``target``. Raises ``Unreadable`` for a damaged file and for nested columns."""
    rows = f"read_parquet({quote_text(str(path))}, hive_partitioning = false)"
    try:
        described = connection.execute(f"DESCRIBE SELECT * FROM {rows}").fetchall()
        columns = [(str(name), str(kind)) for name, kind, *_ in described]
        _refuse_nested(columns)
        names = unique_columns([name for name, _ in columns], notes)
        # By position, because two columns of a file may share a name.
        given = ", ".join(quote_name(f"c{at}") for at in range(len(columns)))
        selected = ", ".join(
            f"{_cast(quote_name(f'c{at}'), kind)} AS {quote_name(name)}"
            for at, ((_, kind), name) in enumerate(zip(columns, names, strict=True))
        )
        connection.execute(
            f"COPY (SELECT {selected} FROM {rows} AS t({given})) TO {quote_text(str(target))} "
            "(FORMAT parquet, COMPRESSION zstd)"
        )
    except duckdb.OutOfMemoryException:
        raise Unreadable("The Parquet file has row groups too large to be read") from None
    except duckdb.Error:
        raise Unreadable("The Parquet file is damaged or cut short") from None


def _refuse_nested(columns: list[tuple[str, str]]) -> None:
    for name, kind in columns:
        if kind.startswith(_NESTED) or kind.endswith("]"):
            text = f"The column '{name}' is nested ({kind[:80]}); a dataset has plain columns: flatten it first"
            raise Unreadable(text, {"column": name, "type": kind[:200]})
        if kind == "BLOB":
            raise Unreadable(f"The column '{name}' holds bytes, not text", {"column": name, "type": kind})


def _cast(column: str, kind: str) -> str:
    if kind == "TIMESTAMP WITH TIME ZONE" or kind.startswith("TIMESTAMP_"):
        return f"CAST({column} AS TIMESTAMP)"  # UTC, in microseconds
    if kind.startswith(("ENUM", *_AS_TEXT)):
        return f"CAST({column} AS VARCHAR)"
    return f"CAST({column} AS DOUBLE)" if kind == "FLOAT" else column
