"""Rows of Parquet and CSV files, streamed by DuckDB. CSV files become Parquet first, as datasets do."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb
import pyarrow as pa
from django.conf import settings

from jobs.contract.cells import moment_of_text_sql
from jobs.contract.quoting import quote_name
from jobs.data.datasets.ingest.several_files import texts_to_parquet
from jobs.data.duckdb_types import NANOSECOND_TYPES, is_timestamp, to_microseconds
from jobs.data.exact_parquet import exact_file, has_small_groups
from jobs.data.sources.definition import SourceDefinition
from jobs.data.sources.incoming import IncomingTable, rows_per_batch
from jobs.data.statements import fetch, fetch_watched, stream_watched
from jobs.errors import Permanent

_PREVIEWED_ROWS = 1_000


def file_table(
    connection: duckdb.DuckDBPyConnection,
    source: SourceDefinition,
    table: str,
    paths: Sequence[str],
    days: tuple[date, date] | None,
    check: Callable[[], None],
) -> IncomingTable:
    """Read the rows of a table's files, ``paths``. ``days`` are the first and the last, both included; None: all."""
    if not paths:
        raise Permanent(f"The source '{source.label}' has no data for '{table}' yet. An operator has to put it there.")
    rows = "FROM read_parquet(?, union_by_name = true, hive_partitioning = false)"
    types = {name: kind for name, kind, *_ in fetch(connection, f"DESCRIBE SELECT * {rows}", [paths])}
    parameters: list[Any] = [paths]
    if days and (column := source.date_column_of(table)):
        moment = _moment(source, column, types)
        rows += f" WHERE {moment} >= ? AND {moment} < ?"
        parameters += [days[0], days[1] + timedelta(days=1)]
    total = fetch_watched(connection, f"SELECT count(*) {rows}", parameters, check)[0][0]
    selected = f"SELECT {_all_in_microseconds(types)} {rows}"
    batches = stream_watched(connection, selected, rows_per_batch(total), parameters, check)
    schema = _schema(connection, f"{selected} LIMIT 0", parameters)
    select = (selected, parameters) if has_small_groups(connection, paths) else None
    return IncomingTable(name=table, total=total, schema=schema, batches=batches, select=select)


def parquet_paths(
    source: SourceDefinition,
    table: str,
    folder: Path,
    check: Callable[[], None] = lambda: None,
    *,
    first_rows: int | None = None,
) -> list[str]:
    """List the files of ``table`` as Parquet that DuckDB reads exactly. A copy, where one is needed, is in ``folder``.

    ``first_rows``: the most rows that are needed of each text file.
    """
    paths = source.paths_of(table)
    if not source.holds_texts(table):
        return [exact_file(path, folder)[0] for path in paths]
    if not paths:
        return []
    copies = folder.resolve() / f"texts-{uuid4().hex}"
    copies.mkdir()
    return [
        texts_to_parquet(
            {path: Path(path).name for path in paths},
            copies,
            memory=settings.STREAMER_DUCKDB_MEMORY,
            disk_bytes=settings.STREAMER_DUCKDB_DISK_BYTES,
            check=check,
            notes=[],
            first_rows=first_rows,
        )
    ]


def previewed_paths(
    source: SourceDefinition, folder: Path, check: Callable[[], None] = lambda: None
) -> dict[str, list[str]]:
    """List the files of each table for a preview. Of a single table's text files only the first rows are read.

    Tables that a query joins are read whole, because their first rows may not belong together.
    """
    first_rows = _PREVIEWED_ROWS if len(source.files) == 1 else None
    return {table: parquet_paths(source, table, folder, check, first_rows=first_rows) for table in source.files}


def _schema(connection: duckdb.DuckDBPyConnection, sql: str, parameters: list[Any]) -> pa.Schema:
    return connection.sql(sql, params=parameters).to_arrow_table().schema


def _all_in_microseconds(types: dict[str, str]) -> str:
    fine = [name for name, kind in types.items() if kind in NANOSECOND_TYPES]
    replaced = ", ".join(f"{to_microseconds(quote_name(name), types[name])} AS {quote_name(name)}" for name in fine)
    return f"* REPLACE ({replaced})" if fine else "*"


def _moment(source: SourceDefinition, column: str, types: dict[str, str]) -> str:
    if column not in types:
        raise Permanent(
            f"The source '{source.label}' has no column '{column}'. There are: {', '.join(types)}.",
            details={"columns": list(types)},
        )
    kind = types[column]
    # Files written by hand may hold dates as text.
    if kind == "VARCHAR":
        return moment_of_text_sql(quote_name(column), cast="CAST")
    if kind != "DATE" and not is_timestamp(kind):
        raise Permanent(f"The date column '{column}' holds {kind}, not dates.")
    fine = to_microseconds(quote_name(column), kind) if kind in NANOSECOND_TYPES else None
    return fine or quote_name(column)
