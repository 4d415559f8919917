"""The first rows of a data source, for previews: a few rows, little memory, and no reading of what lies behind them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, time
from pathlib import Path
from typing import Any

from django.db import connections

from jobs.contract.data_source import DatasetSource, DataSource, FileSource, InlineSource
from jobs.contract.quoting import quote_name, quote_text
from jobs.contract.table import DATA
from jobs.data.datasets.showing import shown
from jobs.data.datasets.store import find_dataset, local_copy
from jobs.data.sandbox import open_sandbox
from jobs.data.sources import SourceDefinition, find_source
from jobs.data.sources.failures import readable_failures
from jobs.data.sources.far_dates import read_all_dates
from jobs.data.sources.from_files import previewed_paths
from jobs.data.statements import fetch, fetch_watched
from jobs.data.tables.failures import not_there
from jobs.data.tables.files.paths import files_of
from jobs.data.tables.files.reading import ending_of
from jobs.data.tables.from_rows import open_rows
from jobs.data.tables.loaded import LoadedTable
from jobs.data.tables.plain import plain_select
from jobs.data.tables.run_database import run_database
from jobs.data.tables.staged import StagedRows
from jobs.errors import Permanent

_MEMORY, _DISK_BYTES = "256MB", 256_000_000
_TABLE = "read_parquet([{files}], union_by_name = true, hive_partitioning = false)"
Check = Callable[[], None]


@contextmanager
def open_first_rows(
    source: DataSource, *, rows: int, tenant_id: str, scratch_dir: Path, check: Check
) -> Iterator[LoadedTable]:
    """See ``Context.open_first_rows``."""
    if isinstance(source, InlineSource):
        few = source.model_copy(update={"rows": source.rows[:rows]})
        with open_rows(few, scratch_dir, check, None) as table:
            yield table
        return
    if isinstance(source, DatasetSource) and (registered := _registered(source, tenant_id)):
        opened = _of_database if registered.database else _of_source_files
        with opened(registered, rows, scratch_dir, check) as table:
            yield table
        return
    paths, label = _parquet_files(source, tenant_id, scratch_dir)
    origin = _TABLE.format(files=", ".join(map(quote_text, paths)))
    with _selected(origin, {}, paths, label, rows, scratch_dir, check) as table:
        yield table


def _registered(source: DatasetSource, tenant_id: str) -> SourceDefinition | None:
    """Return the registered source, unless the tenant has a dataset of that name."""
    return None if find_dataset(tenant_id, source.dataset_id) else find_source(source.dataset_id)


def _parquet_files(source: DataSource, tenant_id: str, scratch_dir: Path) -> tuple[list[str], str]:
    if isinstance(source, DatasetSource):
        dataset = find_dataset(tenant_id, source.dataset_id)
        if dataset is None:
            raise not_there("dataset_id", f"no dataset is called '{source.dataset_id}'")
        return [str(local_copy(dataset, scratch_dir))], dataset.name
    if isinstance(source, FileSource):
        paths = list(files_of(tenant_id, source.path))
        if ending_of(paths[0]) in (None, ".parquet"):
            return paths, source.path
    raise Permanent("There is no preview of text files, queries and streams. Send the request to see its outcome.")


@contextmanager
def _of_source_files(source: SourceDefinition, rows: int, scratch_dir: Path, check: Check) -> Iterator[LoadedTable]:
    with readable_failures(source.label):
        paths = previewed_paths(source, scratch_dir, check)
    if missing := [table for table, listed in paths.items() if not listed]:
        raise Permanent(f"The source '{source.label}' has no data for '{missing[0]}' yet.")
    views = {table: _TABLE.format(files=", ".join(map(quote_text, listed))) for table, listed in paths.items()}
    origin = f"({source.query})" if source.query else quote_name(next(iter(views)))
    readable = [path for listed in paths.values() for path in listed]
    with _selected(origin, views, readable, source.label, rows, scratch_dir, check) as table:
        yield table


@contextmanager
def _selected(
    origin: str,
    views: Mapping[str, str],
    readable: Sequence[str],
    label: str,
    rows: int,
    scratch_dir: Path,
    check: Check,
) -> Iterator[LoadedTable]:
    """Make ``data`` of the first rows of ``origin``, SQL over the ``views`` (name → SQL) of the files ``readable``."""
    connection = open_sandbox(scratch_dir, readable=readable, memory=_MEMORY, disk_bytes=_DISK_BYTES, in_order=True)
    with connection:
        with readable_failures(label):
            for name, reading in views.items():
                fetch(connection, f"CREATE TEMP VIEW {quote_name(name)} AS FROM {reading}")
            types = {name: str(kind) for name, kind, *_ in fetch(connection, f"DESCRIBE FROM {origin}")}
            sql = f"CREATE TABLE {DATA} AS {plain_select(types, origin)} LIMIT {rows:d}"
            fetch_watched(connection, sql, (), check)
        yield LoadedTable(connection, label, check)


@contextmanager
def _of_database(source: SourceDefinition, rows: int, scratch_dir: Path, check: Check) -> Iterator[LoadedTable]:
    assert source.database is not None
    with readable_failures(source.label), connections[source.database].cursor() as cursor:
        read_all_dates(cursor)
        cursor.execute(f"SELECT * FROM ({source.query}) AS source_records LIMIT {rows:d}")
        names = [column[0] for column in cursor.description]
        records = [dict(zip(names, row, strict=True)) for row in cursor]
    if not records:
        raise Permanent(f"The source '{source.label}' has no rows.")
    with run_database(scratch_dir, [], check, None) as database:
        staged = StagedRows(database)
        staged.add(map(_texts_and_values, records))
        notes = staged.finish()
        yield LoadedTable(database.connection, source.label, check, notes=notes)


def _texts_and_values(record: Mapping[str, Any]) -> tuple[dict[str, str], dict[str, Any]]:
    """Split a record into texts, whose types are inferred, and values as in JSON."""
    texts = {name: value.isoformat() for name, value in record.items() if isinstance(value, date | time)}
    return texts, {name: shown(value) for name, value in record.items() if name not in texts}
