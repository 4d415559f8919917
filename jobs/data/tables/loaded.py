"""The rows of a data source once they are in the database of the run: ``OpenTable`` says what the methods do."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import Any

import duckdb
import pyarrow as pa

from jobs.contract.table import DATA
from jobs.data.sources.failures import readable_failures
from jobs.data.statements import Tell, fetch_watched, stream_watched
from jobs.data.tables.fingerprint import fingerprint_of

Parameters = Sequence[Any] | Mapping[str, Any]
_FINGERPRINT_ROWS = 65_536


class LoadedTable:
    """The table ``data`` of ``connection``."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        label: str,
        check: Callable[[], None],
        units: Mapping[str, str] = MappingProxyType({}),
        notes: Sequence[str] = (),
    ) -> None:
        self.label, self.units, self.notes = label, units, tuple(notes)
        self._connection = connection
        self._check = check
        self.columns: Mapping[str, str] = {name: kind for name, kind, *_ in self.fetch(f"DESCRIBE {DATA}")}
        self.rows: int = self.fetch(f"SELECT count(*) FROM {DATA}")[0][0]

    @cached_property
    def fingerprint(self) -> str:
        return fingerprint_of(self.columns, self.stream(f"FROM {DATA}", _FINGERPRINT_ROWS))

    def execute(self, sql: str, parameters: Parameters = (), *, on_share: Tell | None = None) -> None:
        with readable_failures(self.label):
            fetch_watched(self._connection, sql, parameters, self._check, on_share)

    def fetch(self, sql: str, parameters: Parameters = ()) -> list[tuple[Any, ...]]:
        with readable_failures(self.label):
            return fetch_watched(self._connection, sql, parameters, self._check)

    def stream(self, sql: str, rows: int, parameters: Parameters = ()) -> Iterator[pa.RecordBatch]:
        with readable_failures(self.label):
            yield from stream_watched(self._connection, sql, rows, parameters, self._check)
