"""An ``OpenTable`` for tests of handlers: rows of a payload or of a Parquet file, in a real DuckDB."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet

from jobs.data.statements import fetch_watched, open_database
from jobs.handler import DATA, DataSource, FileSource, InlineSource, Permanent, RowsRead

_BATCH_ROWS = 10_000


class DuckTable:
    """The table ``data`` of a database that can reach nothing else."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, check: Callable[[], None]) -> None:
        self.connection = connection
        self.label = "rows of a test"
        self._check = check

    @property
    def fingerprint(self) -> str:
        digest = hashlib.sha256(repr(self.columns).encode())
        for batch in self.stream(f"FROM {DATA}", _BATCH_ROWS):
            digest.update(batch.serialize())
        return digest.hexdigest()

    @property
    def columns(self) -> Mapping[str, str]:
        return {name: kind for name, kind, *_ in self.fetch(f"DESCRIBE {DATA}")}

    @property
    def rows(self) -> int:
        return int(self.fetch(f"SELECT count(*) FROM {DATA}")[0][0])

    def execute(
        self,
        sql: str,
        parameters: Sequence[Any] | Mapping[str, Any] = (),
        *,
        on_share: Callable[[float], None] | None = None,
    ) -> None:
        self.fetch(sql, parameters, on_share)

    def fetch(
        self,
        sql: str,
        parameters: Sequence[Any] | Mapping[str, Any] = (),
        on_share: Callable[[float], None] | None = None,
    ) -> list[tuple[Any, ...]]:
        self._check()
        try:
            return fetch_watched(self.connection, sql, parameters, self._check, on_share)
        except duckdb.Error as error:
            raise Permanent(str(error).splitlines()[0]) from error

    def stream(
        self, sql: str, rows: int, parameters: Sequence[Any] | Mapping[str, Any] = ()
    ) -> Iterator[pa.RecordBatch]:
        for batch in self.connection.cursor().sql(sql, params=parameters or None).to_arrow_reader(rows):
            self._check()
            yield batch


@contextmanager
def open_table(
    source: DataSource, scratch_dir: Path, check: Callable[[], None], on_rows: RowsRead | None
) -> Iterator[DuckTable]:
    """Inline rows, or a Parquet file by its absolute path; both are read batch by batch."""
    if isinstance(source, InlineSource):
        rows = pa.Table.from_pylist(source.rows)
    elif isinstance(source, FileSource):
        rows = pa.parquet.read_table(source.path)
    else:
        raise Permanent(f"no test reads a {source.type}")
    connection = open_database(scratch_dir, [])
    table, read = DuckTable(connection, check), 0
    try:
        connection.register("incoming", rows.slice(0, 0))
        table.execute(f"CREATE TABLE {DATA} AS FROM incoming")
        for batch in rows.to_batches(_BATCH_ROWS):
            connection.register("incoming", pa.Table.from_batches([batch]))
            table.execute(f"INSERT INTO {DATA} FROM incoming")
            read += batch.num_rows
            if on_rows:
                on_rows(read, rows.num_rows)
        connection.unregister("incoming")
        yield table
    finally:
        connection.close()
