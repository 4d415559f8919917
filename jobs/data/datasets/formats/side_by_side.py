"""Joins the columns of Parquet files with the same rows into one file, a few rows at a time."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

_CELLS = 500_000


def side_by_side(parts: Sequence[Path], target: Path, look: Callable[[], None]) -> None:
    """Write ``target`` with the columns of all ``parts``, in their order. ``look`` may raise an error to end it."""
    with ExitStack() as stack:
        files = [stack.enter_context(pq.ParquetFile(part)) for part in parts]
        schema = pa.schema([column for file in files for column in file.schema_arrow])
        rows = max(1, _CELLS // len(schema))
        writer = stack.enter_context(pq.ParquetWriter(target, schema, compression="zstd"))
        for batches in zip(*(_batches(file, rows) for file in files), strict=True):
            look()
            arrays = [column for batch in batches for column in batch.columns]
            writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))


def _batches(file: pq.ParquetFile, rows: int) -> Iterator[pa.RecordBatch]:
    """Yield batches of ``rows`` rows, the last one smaller, whatever groups of rows the file has."""
    rest: pa.Table = file.schema_arrow.empty_table()
    for batch in file.iter_batches(rows):
        rest = pa.concat_tables([rest, pa.Table.from_batches([batch])])
        if rest.num_rows >= rows:
            yield rest.slice(0, rows).combine_chunks().to_batches()[0]
            rest = rest.slice(rows)
    if rest.num_rows:
        yield rest.combine_chunks().to_batches()[0]
