"""Rows of a dataset, or of a source that operators registered."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from jobs.contract.data_source import DatasetSource
from jobs.contract.table import RowsRead
from jobs.data.datasets.store import find_dataset, local_copy
from jobs.data.sources import find_source
from jobs.data.tables.failures import not_there
from jobs.data.tables.files.reading import open_files
from jobs.data.tables.from_registered import open_registered
from jobs.data.tables.loaded import LoadedTable


@contextmanager
def open_dataset(
    source: DatasetSource, tenant_id: str, scratch_dir: Path, check: Callable[[], None], on_rows: RowsRead | None
) -> Iterator[LoadedTable]:
    """Open a dataset or a source. The tenant's dataset comes before a registered source of the same name."""
    dataset = find_dataset(tenant_id, source.dataset_id)
    if dataset is not None:
        copy = local_copy(dataset, scratch_dir)
        with open_files({str(copy): dataset.name}, dataset.name, scratch_dir, check, on_rows) as table:
            yield table
        return
    registered = find_source(source.dataset_id)
    if registered is None:
        raise not_there("dataset_id", f"no dataset is called '{source.dataset_id}'")
    with open_registered(registered, scratch_dir, check, on_rows) as table:
        yield table
