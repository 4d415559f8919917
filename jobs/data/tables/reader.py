"""Loads the rows a payload names into a DuckDB database of the run, closed to everything else."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from jobs.contract.data_source import DatasetSource, DataSource, FileSource, QuerySource, StreamSource
from jobs.contract.table import OpenTable, RowsRead
from jobs.data.tables.files.paths import files_of
from jobs.data.tables.files.reading import open_files
from jobs.data.tables.from_dataset import open_dataset
from jobs.data.tables.from_rows import open_rows
from jobs.data.tables.from_stream import open_stream
from jobs.data.tables.queries.opening import open_query


def open_data(
    source: DataSource,
    *,
    tenant_id: str,
    scratch_dir: Path,
    check: Callable[[], None],
    on_rows: RowsRead | None = None,
) -> AbstractContextManager[OpenTable]:
    """See ``Context.open_data``."""
    if isinstance(source, DatasetSource):
        return open_dataset(source, tenant_id, scratch_dir, check, on_rows)
    if isinstance(source, FileSource):
        return open_files(files_of(tenant_id, source.path), source.path, scratch_dir, check, on_rows)
    if isinstance(source, QuerySource):
        return open_query(source, tenant_id, scratch_dir, check, on_rows)
    if isinstance(source, StreamSource):
        return open_stream(source, tenant_id, scratch_dir, check, on_rows)
    return open_rows(source, scratch_dir, check, on_rows)
