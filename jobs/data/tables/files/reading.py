"""Rows of Parquet, CSV, TSV and JSON Lines files. Text files become Parquet first, as datasets do."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from django.conf import settings

from jobs.contract.table import RowsRead
from jobs.data.datasets.failures import DatasetError, TooLarge, Unreadable
from jobs.data.datasets.formats.texts import Texts
from jobs.data.datasets.ingest.conversion import unpacked
from jobs.data.datasets.ingest.engine import open_engine
from jobs.data.datasets.ingest.text_files import add_text, faults_of_files, finish
from jobs.data.datasets.naming import unique_columns
from jobs.data.exact_parquet import exact_file, has_small_groups
from jobs.data.statements import fetch_watched, stream_watched
from jobs.data.tables.failures import loading_failures
from jobs.data.tables.loaded import LoadedTable
from jobs.data.tables.plain import plain_select
from jobs.data.tables.run_database import RunDatabase, batch_rows, run_database
from jobs.errors import Permanent

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
    paths = list(names)
    with TemporaryDirectory(dir=scratch_dir) as folder:
        if ending_of(paths[0]) not in (None, ".parquet"):
            with loading_failures(label, names):
                paths = [_converted(names, Path(folder).resolve(), check)]
        else:
            paths = [_exact(path, Path(folder).resolve(), check) for path in paths]
        with run_database(scratch_dir, paths, check, on_rows) as database:
            with loading_failures(label, names):
                _load(database, paths)
            yield LoadedTable(database.connection, label, check)


def _converted(names: Mapping[str, str], folder: Path, check: Callable[[], None]) -> str:
    """Convert text files to one Parquet file by the rules of datasets. Its types fit the values of all of them."""
    memory, target = settings.STREAMER_DUCKDB_MEMORY, folder / "rows.parquet"
    most_bytes = settings.STREAMER_DUCKDB_DISK_BYTES
    with open_engine(folder, folder, memory, most_bytes, in_order=True) as connection:
        texts = Texts(connection=connection, folder=folder, check=check)
        for path, name in names.items():
            check()
            try:
                with faults_of_files(memory):
                    plain, kind = unpacked(Path(path), folder, most_bytes)
                    if path.lower().endswith(".gz") == (plain == Path(path)):
                        raise Unreadable("Either the name of the file ends in .gz or its content is gzip, but not both")
                    if kind not in ("text", "json"):
                        raise Unreadable("The name of the file says that it is text, but its content is not")
                    if plain == Path(path):
                        plain = Path(shutil.copyfile(path, folder / "copy"))
                    add_text(texts, plain, kind, None, [])
            except TooLarge:
                raise Permanent(f"These rows fill more than the {most_bytes:,} bytes that a request may use.") from None
            except DatasetError as error:
                raise Permanent(f"'{name}' cannot be read: {error.message}", details=error.details) from None
        try:
            with faults_of_files(memory):
                finish(texts, target, [])
        except DatasetError as error:
            raise Permanent(f"These rows cannot be read: {error.message}", details=error.details) from None
    return str(target)


def _exact(path: str, folder: Path, check: Callable[[], None]) -> str:
    check()
    return exact_file(path, folder, _as_in_datasets)


def _as_in_datasets(names: list[str]) -> list[str]:
    """Make names unique by the rules of datasets. Names that no dataset could have stay as they are."""
    try:
        return unique_columns(names, [])
    except Unreadable:
        return names


def _load(database: RunDatabase, paths: list[str]) -> None:
    total = int(fetch_watched(database.connection, f"SELECT count(*) FROM {_PARQUET}", [paths], database.check)[0][0])
    described = fetch_watched(database.connection, f"DESCRIBE FROM {_PARQUET}", [paths], database.check)
    sql = plain_select({name: kind for name, kind, *_ in described}, _PARQUET)
    schema = database.connection.sql(f"{sql} LIMIT 0", params=[paths]).to_arrow_table().schema
    batches = stream_watched(database.connection, sql, batch_rows(total), [paths], database.check)
    select = (sql, [paths]) if has_small_groups(database.connection, paths) else None
    database.load(schema, batches, total, select)
