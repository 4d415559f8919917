"""The table of a source while it is read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

_BATCHES = 20
_MIN_ROWS, _MAX_ROWS = 2_000, 100_000


@dataclass(frozen=True, kw_only=True)
class IncomingTable:
    """One table, narrowed to the days of the report where it has a date column."""

    name: str
    total: int
    """The number of rows that ``batches`` will yield."""
    schema: pa.Schema
    """The schema of the first batch. Later batches from a database can need wider types."""
    batches: Iterator[pa.RecordBatch]
    select: tuple[str, Sequence[Any]] | None = None
    """A SELECT of the same rows and its parameters, where DuckDB reads them itself with steady progress."""


def rows_per_batch(total: int) -> int:
    """Return a size of batches small enough to show progress and notice a cancel soon, large enough to be quick."""
    return min(_MAX_ROWS, max(_MIN_ROWS, total // _BATCHES))
