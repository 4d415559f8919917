"""Rows of Parquet, CSV, TSV and JSON Lines files, read by DuckDB."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb

from jobs.contract.table import DATA, RowsRead
from jobs.data.statements import fetch, fetch_watched, stream_watched
from jobs.data.tables.failures import loading_failures
from jobs.data.tables.loaded import LoadedTable
from jobs.data.tables.plain import plain_select
from jobs.data.tables.run_database import RunDatabase, batch_rows, run_database

_COMMON = "?, union_by_name = true, hive_partitioning = false"
_CSV = f"read_csv({_COMMON}, sample_size = {{sample}}"
_JSON = f"read_json({_COMMON}, sample_size = {{sample}}, format = 'newline_delimited')"
READERS = {
    ".parquet": f"read_parquet({_COMMON})",
    ".csv": f"{_CSV})",
    ".csv.gz": f"{_CSV})",
    ".tsv": f"{_CSV}, delim = '\t')",
    ".tsv.gz": f"{_CSV}, delim = '\t')",
    ".jsonl": _JSON,
    ".jsonl.gz": _JSON,
    ".ndjson": _JSON,
    ".ndjson.gz": _JSON,
}
"""File ending → the DuckDB call that reads such files."""
_SAMPLE_ROWS, _ALL_ROWS = 100_000, -1


def ending_of(path: str) -> str | None:
    """Return the ending of ``path`` in ``READERS``; None: its format cannot be read."""
    return next((ending for ending in READERS if path.lower().endswith(ending)), None)


@contextmanager
def open_files(
    names: Mapping[str, str], label: str, scratch_dir: Path, check: Callable[[], None], on_rows: RowsRead | None
) -> Iterator[LoadedTable]:
    """Open files of one format. ``names``: absolute path → the name people see. Columns are matched by name."""
    with run_database(scratch_dir, list(names), check, on_rows) as database:
        with loading_failures(label, names):
            _load(database, list(names))
        yield LoadedTable(database.connection, label, check)


def _load(database: RunDatabase, paths: list[str]) -> None:
    reader = READERS[ending_of(paths[0]) or ".parquet"]
    if reader.startswith("read_parquet"):
        total = fetch_watched(database.connection, f"SELECT count(*) FROM {reader}", [paths], database.check)[0][0]
        _load_rows(database, reader, paths, int(total))
        return
    try:
        _load_rows(database, reader.format(sample=_SAMPLE_ROWS), paths, None)
    except (duckdb.ConversionException, duckdb.InvalidInputException):
        # A later row does not fit the types of the first ones: look at all rows before reading any.
        fetch(database.connection, f"DROP TABLE IF EXISTS {DATA}")
        _load_rows(database, reader.format(sample=_ALL_ROWS), paths, None)


def _load_rows(database: RunDatabase, reader: str, paths: list[str], total: int | None) -> None:
    described = fetch_watched(database.connection, f"DESCRIBE FROM {reader}", [paths], database.check)
    sql = plain_select({name: kind for name, kind, *_ in described}, reader)
    schema = database.connection.sql(f"{sql} LIMIT 0", params=[paths]).to_arrow_table().schema
    batches = stream_watched(database.connection, sql, batch_rows(total), [paths], database.check)
    database.load(schema, batches, total)
