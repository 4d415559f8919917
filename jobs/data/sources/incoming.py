"""A table of a source on its way in."""

from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

_BATCHES = 20
_MIN_ROWS, _MAX_ROWS = 2_000, 100_000


@dataclass(frozen=True, kw_only=True)
class IncomingTable:
    """One table, narrowed to the days of the report where it has a date column."""

    name: str
    total: int
    """Rows that ``batches`` will give."""
    schema: pa.Schema
    """Of the first batch. Those of a database can need wider types later on."""
    batches: Iterator[pa.RecordBatch]


def rows_per_batch(total: int) -> int:
    """Batches small enough to show progress and to notice a cancel soon, large enough to be quick."""
    return min(_MAX_ROWS, max(_MIN_ROWS, total // _BATCHES))
