"""Decimals of more than 38 digits in Parquet: DuckDB would read them as floats, so they are written as texts first."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.data.datasets.failures import Unreadable

_BATCH_ROWS = 20_000


def with_texts(path: Path, target: Path, positions: set[int]) -> Path:
    """Write the file to ``target`` with the columns at ``positions`` as texts, in batches; gives ``target``."""
    try:
        with pq.ParquetFile(path) as file:
            schema = pa.schema(
                [
                    pa.field(field.name, pa.string()) if at in positions else field
                    for at, field in enumerate(file.schema_arrow)
                ]
            )
            with pq.ParquetWriter(target, schema) as writer:
                for batch in file.iter_batches(_BATCH_ROWS):
                    arrays = [
                        array.cast(pa.string()) if at in positions else array for at, array in enumerate(batch.columns)
                    ]
                    writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
    except pa.ArrowException:
        raise Unreadable("The Parquet file is damaged or cut short") from None
    return target
