"""Reads one source for one run, out of core: its tables go batch by batch into a DuckDB database on disk."""

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa

from jobs.sources.database import Parameters, fetch, fetch_watched, open_database, quote_name
from jobs.sources.definition import SINGLE_TABLE, Source
from jobs.sources.failures import readable_failures
from jobs.sources.from_database import database_table
from jobs.sources.from_files import file_table
from jobs.sources.incoming import IncomingTable

_BATCH = "incoming_batch"


class SourceReader:
    """An open source, for use in a ``with`` block. ``OpenSource`` says what the methods do."""

    def __init__(self, source: Source, scratch_dir: Path, check: Callable[[], None]) -> None:
        self.source = source
        self._scratch_dir = scratch_dir
        self._check = check

    def __enter__(self) -> "SourceReader":
        readable = [path for table in self.source.files for path in self.source.paths_of(table)]
        with readable_failures(self.source.label):
            self.connection = open_database(self._scratch_dir, readable)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.connection.close()

    def open_tables(self, first_day: date, last_day: date) -> list[IncomingTable]:
        days = (first_day, last_day)
        with readable_failures(self.source.label):
            if self.source.database:
                tables = [database_table(self.source, days)]
            else:
                tables = [
                    file_table(self.connection, self.source, name, days, self._check) for name in self.source.files
                ]
            for table in tables:
                self.connection.register(_BATCH, table.schema.empty_table())
                fetch(self.connection, f"CREATE TABLE {quote_name(table.name)} AS FROM {_BATCH}")
        return tables

    def load(self, table: IncomingTable) -> Iterator[int]:
        schema, rows = table.schema, 0
        with readable_failures(self.source.label):
            for batch in table.batches:
                self._check()
                if batch.schema != schema:
                    schema = self._widen(table.name, schema, batch.schema)
                self.connection.register(_BATCH, pa.Table.from_batches([batch]))
                fetch(self.connection, f"INSERT INTO {quote_name(table.name)} BY NAME FROM {_BATCH}")
                rows += batch.num_rows
                yield rows

    @property
    def records_query(self) -> str:
        if self.source.query and not self.source.database:
            return self.source.query
        return f"SELECT * FROM {quote_name(SINGLE_TABLE if self.source.database else next(iter(self.source.files)))}"

    def columns(self) -> dict[str, str]:
        described = self.fetch(f"DESCRIBE SELECT * FROM ({self.records_query})")
        return {name: column_type for name, column_type, *_ in described}

    def fetch(self, sql: str, parameters: Parameters = ()) -> list[tuple[Any, ...]]:
        with readable_failures(self.source.label):
            return fetch_watched(self.connection, sql, parameters, self._check)

    def stream(self, sql: str, rows: int) -> Iterator[pa.RecordBatch]:
        with readable_failures(self.source.label):
            reader = self.connection.cursor().sql(sql).to_arrow_reader(rows)
            assert reader is not None
            for batch in reader:
                self._check()
                yield batch

    def take(self, table: str, batches: Iterator[pa.RecordBatch]) -> Iterator[int]:
        rows = 0
        with readable_failures(self.source.label):
            for batch in batches:
                self._check()
                self.connection.register(_BATCH, pa.Table.from_batches([batch]))
                fetch(self.connection, f"INSERT INTO {table} FROM {_BATCH}")
                rows += batch.num_rows
                yield rows

    def _widen(self, table: str, old: pa.Schema, new: pa.Schema) -> pa.Schema:
        """Make room for types that earlier batches did not need; returns the schema that holds both."""
        schema = pa.schema([pa.field(field.name, _wider(field.type, new.field(field.name).type)) for field in old])
        self.connection.register(_BATCH, schema.empty_table())
        types = fetch(self.connection, f"DESCRIBE FROM {_BATCH}")
        for field, (name, column_type, *_) in zip(old, types, strict=True):
            if schema.field(name).type != field.type:
                fetch(
                    self.connection,
                    f"ALTER TABLE {quote_name(table)} ALTER COLUMN {quote_name(name)} SET DATA TYPE {column_type}",
                )
        return schema


def _wider(one: pa.DataType, other: pa.DataType) -> pa.DataType:
    if one == other:
        return one
    pair = [pa.schema([pa.field("column", data_type)]) for data_type in (one, other)]
    try:
        return pa.unify_schemas(pair, promote_options="permissive").field(0).type
    except pa.ArrowTypeError:
        return pa.string()
