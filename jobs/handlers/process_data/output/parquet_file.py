"""The outcome as Parquet, with the types that the columns have."""

from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet


class ParquetFile:
    """For use in a ``with`` block, which writes the footer."""

    def __init__(self, file: BinaryIO, schema: pa.Schema) -> None:
        self._writer = pa.parquet.ParquetWriter(file, schema, compression="zstd")

    def __enter__(self) -> "ParquetFile":
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.close()

    def write(self, batch: pa.RecordBatch) -> None:
        self._writer.write_batch(batch)
