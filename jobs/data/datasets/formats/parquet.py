"""Parquet to Parquet: checked, with the names and types that the other formats lead to."""

from pathlib import Path

import duckdb

from jobs.contract.quoting import quote_name, quote_text
from jobs.data.datasets.failures import Unreadable
from jobs.data.datasets.naming import unique_columns
from jobs.data.duckdb_types import NANOSECOND_TYPES, NESTED, WHOLE, family, is_finer, to_microseconds

_KEPT = WHOLE | {"BOOLEAN", "DOUBLE", "VARCHAR", "DATE", "DECIMAL"}
_MAX_DIGITS = 38


def parquet_to_parquet(connection: duckdb.DuckDBPyConnection, path: Path, target: Path, notes: list[str]) -> None:
    """Rewrite the file as ``target``. Raises ``Unreadable`` for a damaged file and for nested columns."""
    try:
        raw, wide = _top_level(connection, path)
        if wide:
            path = _with_texts(path, target.with_name("narrow.parquet"), set(wide))
        rows = f"read_parquet({quote_text(str(path))}, hive_partitioning = false)"
        described = connection.execute(f"DESCRIBE SELECT * FROM {rows}").fetchall()
        # DuckDB renames a second 'a' before it tells; the schema of the file has the names as they are.
        columns = [(name, str(kind)) for name, (_, kind, *_) in zip(raw, described, strict=True)]
        _refuse_nested(columns)
        names = unique_columns(raw, notes)
        # By position, because two columns of a file may share a name.
        given = ", ".join(_column(at) for at in range(len(columns)))
        table = f"{rows} AS t({given})"
        _note_nanoseconds(connection, table, names, [kind for _, kind in columns], notes)
        casts = [_cast(_column(at), kind) for at, (_, kind) in enumerate(columns)]
        for at, scale in wide.items():
            casts[at] = _narrowed(connection, table, at, scale, names[at], notes)
        selected = ", ".join(f"{cast} AS {quote_name(name)}" for cast, name in zip(casts, names, strict=True))
        connection.execute(
            f"COPY (SELECT {selected} FROM {table}) TO {quote_text(str(target))} (FORMAT parquet, COMPRESSION zstd)"
        )
    except duckdb.OutOfMemoryException:
        raise Unreadable("The Parquet file has row groups too large to be read") from None
    except duckdb.Error:
        raise Unreadable("The Parquet file is damaged or cut short") from None


def _top_level(connection: duckdb.DuckDBPyConnection, path: Path) -> tuple[list[str], dict[int, int]]:
    """The names of the columns, and which of them are decimals too wide for DuckDB: position → scale."""
    query = "SELECT name, coalesce(num_children, 0), precision, scale FROM parquet_schema(?)"
    elements = iter(connection.execute(query, [str(path)]).fetchall())
    names: list[str] = []
    wide: dict[int, int] = {}
    for _ in range(next(elements)[1]):
        name, below, precision, scale = next(elements)
        if not below and (precision or 0) > _MAX_DIGITS:
            wide[len(names)] = scale
        names.append(name)
        while below:
            below += next(elements)[1] - 1
    return names, wide


def _with_texts(path: Path, target: Path, positions: set[int]) -> Path:
    # It weighs as much as DuckDB; few files need it.
    from jobs.data.datasets.formats.wide_decimals import with_texts  # noqa: PLC0415

    return with_texts(path, target, positions)


def _refuse_nested(columns: list[tuple[str, str]]) -> None:
    for name, kind in columns:
        if family(kind) in NESTED:
            text = f"The column '{name}' is nested ({kind[:80]}); a dataset has plain columns: flatten it first"
            raise Unreadable(text, {"column": name, "type": kind[:200]})
        if kind == "BLOB":
            raise Unreadable(f"The column '{name}' holds bytes, not text", {"column": name, "type": kind})


def _note_nanoseconds(
    connection: duckdb.DuckDBPyConnection, table: str, names: list[str], kinds: list[str], notes: list[str]
) -> None:
    fine = [at for at, kind in enumerate(kinds) if kind in NANOSECOND_TYPES]
    if not fine:
        return
    asked = ", ".join(f"count(*) FILTER ({is_finer(_column(at))})" for at in fine)
    counts = connection.execute(f"SELECT {asked} FROM {table}").fetchall()[0]
    for at, count in zip(fine, counts, strict=True):
        if count:
            values = "1 value" if count == 1 else f"{count:,} values"
            notes.append(f"Column '{names[at]}' has nanoseconds in {values}; they are cut to microseconds")


def _narrowed(
    connection: duckdb.DuckDBPyConnection, table: str, at: int, scale: int, name: str, notes: list[str]
) -> str:
    """SQL for a wide decimal, which has come as text: a decimal if all of its values fit one."""
    column = _column(at)
    if scale <= _MAX_DIGITS:
        cast = f"TRY_CAST({column} AS DECIMAL({_MAX_DIGITS}, {scale}))"
        too_long = f"SELECT count(*) FROM {table} WHERE {column} IS NOT NULL AND {cast} IS NULL"
        if not connection.execute(too_long).fetchall()[0][0]:
            return cast
    notes.append(f"Column '{name}' is text: it has numbers of more than {_MAX_DIGITS} digits")
    return column


def _column(at: int) -> str:
    return quote_name(f"c{at}")


def _cast(column: str, kind: str) -> str:
    if moment := to_microseconds(column, kind):
        return moment
    if family(kind) in _KEPT:
        return column
    return f"CAST({column} AS {'DOUBLE' if kind == 'FLOAT' else 'VARCHAR'})"
