"""Loads the rows a payload names into a DuckDB database of the run, closed to everything else."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from jobs.datasets.opened import OpenTable, RowsRead
from jobs.datasets.spec import DataSource


def open_data(
    source: DataSource,
    *,
    tenant_id: str,
    scratch_dir: Path,
    check: Callable[[], None],
    on_rows: RowsRead | None = None,
) -> AbstractContextManager[OpenTable]:
    """See ``Context.open_data``."""
    raise NotImplementedError
