"""Reads one source for one run, out of core: its tables go into a DuckDB database that spills what memory lacks."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa

from jobs.contract.quoting import quote_name
from jobs.data.sources.definition import SINGLE_TABLE, SourceDefinition
from jobs.data.sources.failures import readable_failures
from jobs.data.sources.from_database import database_table
from jobs.data.sources.from_files import file_table, parquet_paths
from jobs.data.sources.incoming import IncomingTable
from jobs.data.sources.loading import create_empty, insert, load_batches
from jobs.data.statements import Parameters, Tell, fetch_watched, open_database, stream_watched


class SourceReader:
    """An open source, for use in a ``with`` block. ``OpenSource`` says what the methods do."""

    def __init__(
        self, source: SourceDefinition, scratch_dir: Path, check: Callable[[], None], *, in_order: bool = False
    ) -> None:
        self.source = source
        self._in_order = in_order
        self._scratch_dir = scratch_dir
        self._check = check

    def __enter__(self) -> "SourceReader":
        with readable_failures(self.source.label):
            self._paths = {
                table: parquet_paths(self.source, table, self._scratch_dir, self._check) for table in self.source.files
            }
            readable = [path for paths in self._paths.values() for path in paths]
            self.connection = open_database(self._scratch_dir, readable, in_order=self._in_order)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.connection.close()

    def open_tables(self, first_day: date, last_day: date) -> list[IncomingTable]:
        return self._open_tables((first_day, last_day))

    def open_whole(self) -> list[IncomingTable]:
        """Do as ``open_tables``, for all days."""
        return self._open_tables(None)

    def _open_tables(self, days: tuple[date, date] | None) -> list[IncomingTable]:
        with readable_failures(self.source.label):
            if self.source.database:
                tables = [database_table(self.source, days)]
            else:
                tables = [
                    file_table(self.connection, self.source, name, paths, days, self._check)
                    for name, paths in self._paths.items()
                ]
            for table in tables:
                create_empty(self.connection, table)
        return tables

    def load(self, table: IncomingTable) -> Iterator[int]:
        with readable_failures(self.source.label):
            yield from load_batches(self.connection, table, self._check)

    @property
    def records_query(self) -> str:
        if self.source.query and not self.source.database:
            return self.source.query
        return f"SELECT * FROM {quote_name(SINGLE_TABLE if self.source.database else next(iter(self.source.files)))}"

    def columns(self) -> dict[str, str]:
        described = self.fetch(f"DESCRIBE SELECT * FROM ({self.records_query})")
        return {name: column_type for name, column_type, *_ in described}

    def fetch(self, sql: str, parameters: Parameters = (), *, on_share: Tell | None = None) -> list[tuple[Any, ...]]:
        with readable_failures(self.source.label):
            return fetch_watched(self.connection, sql, parameters, self._check, on_share)

    def stream(self, sql: str, rows: int) -> Iterator[pa.RecordBatch]:
        with readable_failures(self.source.label):
            yield from stream_watched(self.connection, sql, rows, (), self._check)

    def take(self, table: str, batches: Iterator[pa.RecordBatch]) -> Iterator[int]:
        rows = 0
        with readable_failures(self.source.label):
            for batch in batches:
                self._check()
                insert(self.connection, table, batch)
                rows += batch.num_rows
                yield rows
