"""The database of a run that rows of a data source are loaded into, as the table ``data``."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from django.conf import settings

from jobs.contract.table import DATA, RowsRead
from jobs.data.sandbox import open_sandbox
from jobs.data.sources.incoming import IncomingTable
from jobs.data.sources.loading import create_empty, load_batches
from jobs.data.statements import fetch
from jobs.errors import Permanent

UNKNOWN_TOTAL_BATCH_ROWS = 25_000
_BATCHES = 25
_SIZE = "SELECT sum(memory_usage_bytes + temporary_storage_bytes) FROM duckdb_memory() WHERE tag = 'IN_MEMORY_TABLE'"
_MIN_ROWS, _MAX_ROWS = 2_048, 100_000


@dataclass(frozen=True, kw_only=True)
class RunDatabase:
    """An open database, and what loading needs besides. ``check`` may raise to end it."""

    connection: duckdb.DuckDBPyConnection
    check: Callable[[], None]
    on_rows: RowsRead | None

    def load(
        self,
        schema: pa.Schema,
        batches: Iterator[pa.RecordBatch],
        total: int | None,
        select: tuple[str, Sequence[Any]] | None = None,
    ) -> None:
        """Create the table ``data`` from ``batches``. ``total``: the number of rows, where it is known.

        ``select``: a SELECT of the same rows and its parameters, which is quicker, if its progress is steady.
        """
        names = [name.casefold() for name in schema.names]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise Permanent(
                f"Two columns are called '{twice[0]}'. Names must differ in more than upper and lower case."
            )
        incoming = IncomingTable(name=DATA, total=total or 0, schema=schema, batches=batches, select=select)
        create_empty(self.connection, incoming)
        for rows in load_batches(self.connection, incoming, self.check):
            if select is None:  # else the connection is busy until the last of them
                self.refuse_too_much()
            self.tell(rows, total)
        self.refuse_too_much()

    def tell(self, rows: int, total: int | None) -> None:
        if self.on_rows is not None:
            self.on_rows(rows, total)

    def refuse_too_much(self) -> None:
        """Raise ``Permanent`` when the rows take more memory and disk together than one run may of the disk."""
        [(size,)] = fetch(self.connection, _SIZE)
        if size > settings.STREAMER_DUCKDB_DISK_BYTES:
            raise Permanent(
                f"These rows fill more than the {settings.STREAMER_DUCKDB_DISK_BYTES:,} bytes that a request may use."
            )


@contextmanager
def run_database(
    scratch_dir: Path, readable: Sequence[str], check: Callable[[], None], on_rows: RowsRead | None
) -> Iterator[RunDatabase]:
    """Open a new database that may read the files ``readable``, and close it at the end."""
    connection = open_sandbox(
        scratch_dir,
        readable=readable,
        memory=settings.STREAMER_DUCKDB_MEMORY,
        disk_bytes=settings.STREAMER_DUCKDB_DISK_BYTES,
    )
    with connection:
        yield RunDatabase(connection=connection, check=check, on_rows=on_rows)


def batch_rows(total: int | None) -> int:
    """Return a size of batches that shows progress at least twenty times on large tables and stays quick."""
    if total is None:
        return UNKNOWN_TOTAL_BATCH_ROWS
    return min(_MAX_ROWS, max(_MIN_ROWS, total // _BATCHES))
