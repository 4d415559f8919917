"""Open a writer of Arrow batches for each format of ``process_data`` and ``predict``."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, BinaryIO, Protocol

import msgspec
import pyarrow as pa

from jobs.handlers.process_data.output.csv_file import CsvFile
from jobs.handlers.process_data.output.json_file import JsonFile, json_rows
from jobs.handlers.process_data.output.parquet_file import ParquetFile
from jobs.handlers.process_data.payload import OutputFormat

MEDIA_TYPES: dict[OutputFormat, str] = {
    "json": "application/json",
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
}


class Writer(Protocol):
    def write(self, batch: pa.RecordBatch) -> None: ...


_WRITERS: Mapping[OutputFormat, Callable[[BinaryIO, pa.Schema], AbstractContextManager[Writer]]] = {
    "json": JsonFile,
    "csv": CsvFile,
    "parquet": ParquetFile,
}


def open_writer(form: OutputFormat, file: BinaryIO, schema: pa.Schema) -> AbstractContextManager[Writer]:
    """Open a writer for batches of ``schema``. The ``with`` block completes the file and leaves it open."""
    return _WRITERS[form](file, schema)


def as_records(batch: pa.RecordBatch) -> list[dict[str, Any]]:
    """Return the rows as JSON data, as in a JSON output."""
    return list(msgspec.json.decode(b"[" + json_rows(batch, ",") + b"]"))
