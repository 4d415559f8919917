"""Rows that are in the payload itself."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from jobs.contract.data_source import InlineSource
from jobs.contract.table import RowsRead
from jobs.data.tables.failures import loading_failures, not_there
from jobs.data.tables.loaded import LoadedTable
from jobs.data.tables.run_database import run_database
from jobs.data.tables.staged import StagedRows
from jobs.errors import Permanent

_LABEL = "inline rows"
_BATCH_ROWS = 500


@contextmanager
def open_rows(
    source: InlineSource, scratch_dir: Path, check: Callable[[], None], on_rows: RowsRead | None
) -> Iterator[LoadedTable]:
    with run_database(scratch_dir, [], check, on_rows) as database:
        try:
            with loading_failures(_LABEL):
                staged = StagedRows(database)
                for first in range(0, len(source.rows), _BATCH_ROWS):
                    check()
                    staged.add(({}, row) for row in source.rows[first : first + _BATCH_ROWS])
                    database.tell(staged.rows, len(source.rows))
                notes = staged.finish()
        except Permanent as error:
            raise not_there("rows", error.message) from error
        yield LoadedTable(database.connection, _LABEL, check, notes=notes)
