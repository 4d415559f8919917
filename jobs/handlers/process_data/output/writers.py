"""How rows are written: the formats of ``process_data`` and ``predict``, each a writer of Arrow batches."""

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
    """For use in a ``with`` block, which ends the file and leaves it open. Every batch has ``schema``."""
    return _WRITERS[form](file, schema)


def as_records(batch: pa.RecordBatch) -> list[dict[str, Any]]:
    """The rows as JSON data, as they are in a JSON output."""
    return list(msgspec.json.decode(b"[" + json_rows(batch, ",") + b"]"))
