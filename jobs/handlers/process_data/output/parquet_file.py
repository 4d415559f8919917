"""Write the outcome as Parquet, with the types of its columns."""

from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet


class ParquetFile:
    """A writer of Parquet. Use it in a ``with`` block, which writes the footer."""

    def __init__(self, file: BinaryIO, schema: pa.Schema) -> None:
        self._writer = pa.parquet.ParquetWriter(file, schema, compression="zstd")

    def __enter__(self) -> "ParquetFile":
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.close()

    def write(self, batch: pa.RecordBatch) -> None:
        self._writer.write_batch(batch)
