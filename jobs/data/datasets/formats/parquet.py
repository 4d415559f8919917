"""Parquet to Parquet: checked, with the names and types that the other formats lead to."""

from pathlib import Path

import duckdb
import pyarrow as pa

from jobs.contract.quoting import quote_name, quote_text
from jobs.data.datasets.failures import Unreadable
from jobs.data.datasets.formats.parquet_notes import long_number_notes, nanosecond_notes, note_durations
from jobs.data.datasets.naming import unique_columns
from jobs.data.duckdb_errors import reason_of
from jobs.data.duckdb_types import NESTED, WHOLE, family, to_microseconds
from jobs.data.exact_parquet import MAX_DIGITS, write_exact

_KEPT = WHOLE | {"BOOLEAN", "DOUBLE", "VARCHAR", "DATE", "DECIMAL"}
# Parts of DuckDB's messages about files that are neither damaged nor cut short.
_FAULTS = {
    "Need at least one non-root column": "has no columns",
    "Invalid string encoding": "has a text that is not UTF-8",
    "Invalid TIME value": "has a time that is no time of a day",
    "Could not convert Timestamp": "has a moment that is too far away from now",
}
MAX_ROWS = 500_000_000


def parquet_to_parquet(connection: duckdb.DuckDBPyConnection, path: Path, target: Path, notes: list[str]) -> None:
    """Rewrite the file as ``target``. Raises ``Unreadable`` for a damaged file and for nested columns."""
    try:
        _refuse_too_long(connection, path)
        raw, wide = _top_level(connection, path)
        names = unique_columns(raw, notes)
        as_texts: list[int] = []
        if wide:
            path, as_texts = _narrowed(path, target.with_name("narrow.parquet"))
        rows = f"read_parquet({quote_text(str(path))}, hive_partitioning = false)"
        described = connection.execute(f"DESCRIBE SELECT * FROM {rows}").fetchall()
        # DuckDB renames a second 'a' before it tells; the schema of the file has the names as they are.
        columns = [(name, str(kind)) for name, (_, kind, *_) in zip(raw, described, strict=True)]
        _refuse_nested(columns)
        # By position, because two columns of a file may share a name.
        given = ", ".join(_column(at) for at in range(len(columns)))
        table = f"{rows} AS t({given})"
        note_durations(path, names, notes)
        typed = {_column(at): (names[at], kind) for at, (_, kind) in enumerate(columns)}
        notes += nanosecond_notes(lambda sql: connection.execute(sql).fetchall(), table, typed)
        casts = [_cast(_column(at), kind) for at, (_, kind) in enumerate(columns)]
        notes += long_number_notes(names[at] for at in as_texts)
        selected = ", ".join(f"{cast} AS {quote_name(name)}" for cast, name in zip(casts, names, strict=True))
        connection.execute(
            f"COPY (SELECT {selected} FROM {table}) TO {quote_text(str(target))} (FORMAT parquet, COMPRESSION zstd)"
        )
    except duckdb.OutOfMemoryException:
        raise Unreadable("The Parquet file has row groups too large to be read") from None
    except duckdb.Error as error:
        raise Unreadable(_fault(error)) from None


def _fault(error: duckdb.Error) -> str:
    text = reason_of(error)
    for part, what in _FAULTS.items():
        if part in text:
            return f"The Parquet file {what}"
    if isinstance(error, duckdb.ConversionException):
        return f"The Parquet file has a value that cannot be kept: {text}"
    return "The Parquet file is damaged or cut short"


def _refuse_too_long(connection: duckdb.DuckDBPyConnection, path: Path) -> None:
    """Refuse a file by the rows that it claims, because equal rows take no room in it."""
    claimed = "SELECT sum(num_rows) FROM parquet_file_metadata(?)"
    refuse_rows(connection.execute(claimed, [str(path)]).fetchall()[0][0] or 0)


def refuse_rows(count: int) -> None:
    if count > MAX_ROWS:
        raise Unreadable(f"The table has {count:,} rows; {MAX_ROWS:,} is the most")


def _top_level(connection: duckdb.DuckDBPyConnection, path: Path) -> tuple[list[str], bool]:
    """The names of the columns, and whether any of them are decimals too wide for DuckDB."""
    query = "SELECT name, coalesce(num_children, 0), precision FROM parquet_schema(?)"
    elements = iter(connection.execute(query, [str(path)]).fetchall())
    names: list[str] = []
    has_wide = False
    for _ in range(next(elements)[1]):
        name, below, precision = next(elements)
        has_wide = has_wide or (not below and (precision or 0) > MAX_DIGITS)
        names.append(name)
        while below:
            below += next(elements)[1] - 1
    return names, has_wide


def _narrowed(path: Path, target: Path) -> tuple[Path, list[int]]:
    """Return a copy with wide decimals as narrow ones or texts, and the positions of the texts."""
    try:
        return target, write_exact(path, target)
    except pa.ArrowException:
        raise Unreadable("The Parquet file is damaged or cut short") from None


def _refuse_nested(columns: list[tuple[str, str]]) -> None:
    for name, kind in columns:
        if family(kind) in NESTED:
            text = f"The column '{name}' is nested ({kind[:80]}); a dataset has plain columns: flatten it first"
            raise Unreadable(text, {"column": name, "type": kind[:200]})
        if kind == "BLOB":
            raise Unreadable(f"The column '{name}' holds bytes, not text", {"column": name, "type": kind})


def _column(at: int) -> str:
    return quote_name(f"c{at}")


def _cast(column: str, kind: str) -> str:
    if moment := to_microseconds(column, kind):
        return moment
    if family(kind) in _KEPT:
        return column
    return f"CAST({column} AS {'DOUBLE' if kind == 'FLOAT' else 'VARCHAR'})"
