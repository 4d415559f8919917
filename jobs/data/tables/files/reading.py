"""Rows of Parquet, CSV, TSV and JSON Lines files. Text files become Parquet first, as datasets do."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.conf import settings

from jobs.contract.quoting import quote_name
from jobs.contract.table import RowsRead
from jobs.data.datasets.failures import Unreadable
from jobs.data.datasets.formats.parquet_notes import long_number_notes, nanosecond_notes, note_durations
from jobs.data.datasets.ingest.several_files import joined_notes, texts_to_parquet
from jobs.data.datasets.naming import unique_columns
from jobs.data.exact_parquet import exact_file, has_small_groups
from jobs.data.statements import fetch_watched, stream_watched
from jobs.data.tables.failures import loading_failures
from jobs.data.tables.loaded import LoadedTable
from jobs.data.tables.plain import plain_select
from jobs.data.tables.run_database import RunDatabase, batch_rows, run_database

READERS = (".parquet", ".csv", ".csv.gz", ".tsv", ".tsv.gz", ".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz")
"""The endings of files that are read."""
_PARQUET = "read_parquet(?, union_by_name = true, hive_partitioning = false)"


def ending_of(path: str) -> str | None:
    """Return the ending of ``path`` in ``READERS``; None: its format cannot be read."""
    return next((ending for ending in READERS if path.lower().endswith(ending)), None)


@contextmanager
def open_files(
    names: Mapping[str, str], label: str, scratch_dir: Path, check: Callable[[], None], on_rows: RowsRead | None
) -> Iterator[LoadedTable]:
    """Open files of one format. ``names``: absolute path → the name people see. Columns are matched by name."""
    paths, notes = list(names), list[str]()
    with TemporaryDirectory(dir=scratch_dir) as folder:
        if ending_of(paths[0]) not in (None, ".parquet"):
            with loading_failures(label, names):
                paths = [
                    texts_to_parquet(
                        names,
                        Path(folder).resolve(),
                        memory=settings.STREAMER_DUCKDB_MEMORY,
                        disk_bytes=settings.STREAMER_DUCKDB_DISK_BYTES,
                        check=check,
                        notes=notes,
                    )
                ]
        else:
            told: dict[str, list[str]] = {}
            paths = [_exact(path, Path(folder).resolve(), check, told.setdefault(names[path], [])) for path in paths]
            notes += joined_notes(told)
        with run_database(scratch_dir, paths, check, on_rows) as database:
            with loading_failures(label, names):
                notes += _load(database, paths)
            yield LoadedTable(database.connection, label, check, notes=notes)


def _exact(path: str, folder: Path, check: Callable[[], None], notes: list[str]) -> str:
    check()
    names: list[str] = []

    def rename(given: list[str]) -> list[str]:
        names[:] = _as_in_datasets(given, notes)
        return names

    exact, texts = exact_file(path, folder, rename)
    note_durations(Path(path), names, notes)
    notes += long_number_notes(texts)
    return exact


def _as_in_datasets(names: list[str], notes: list[str]) -> list[str]:
    """Make names unique by the rules of datasets. Names that no dataset could have stay as they are."""
    told: list[str] = []
    try:
        unique = unique_columns(names, told)
    except Unreadable:
        return list(names)
    notes += told
    return unique


def _load(database: RunDatabase, paths: list[str]) -> list[str]:
    """Load the rows, and return notes about them."""

    def fetch(sql: str) -> list[tuple[Any, ...]]:
        return fetch_watched(database.connection, sql, [paths], database.check)

    total = int(fetch(f"SELECT count(*) FROM {_PARQUET}")[0][0])
    types = {name: str(kind) for name, kind, *_ in fetch(f"DESCRIBE FROM {_PARQUET}")}
    notes = list(nanosecond_notes(fetch, _PARQUET, {quote_name(name): (name, kind) for name, kind in types.items()}))
    sql = plain_select(types, _PARQUET)
    schema = database.connection.sql(f"{sql} LIMIT 0", params=[paths]).to_arrow_table().schema
    batches = stream_watched(database.connection, sql, batch_rows(total), [paths], database.check)
    select = (sql, [paths]) if has_small_groups(database.connection, paths) else None
    database.load(schema, batches, total, select)
    return notes
