"""Writes rows with their predictions as CSV, as JSON or as Parquet, batch by batch."""

import io
import json
from typing import Any, BinaryIO, Protocol

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from jobs.handlers.predict.payload import OutputFormat

MEDIA_TYPES: dict[OutputFormat, str] = {
    "csv": "text/csv",
    "json": "application/json",
    "parquet": "application/vnd.apache.parquet",
}


class Writer(Protocol):
    def write(self, frame: pd.DataFrame) -> None: ...

    def close(self) -> None:
        """Write what ends the file; the file itself stays open."""

    def as_json(self, frame: pd.DataFrame) -> list[dict[str, Any]]: ...


def make_writer(form: OutputFormat, file: BinaryIO) -> Writer:
    if form == "csv":
        return CsvWriter(file)
    return JsonWriter(file) if form == "json" else ParquetWriter(file)


class _Writer:
    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._is_first = True

    def as_json(self, frame: pd.DataFrame) -> list[dict[str, Any]]:
        """Dates as ISO 8601, what is missing as null."""
        text = frame.to_json(orient="records", date_format="iso", double_precision=15, default_handler=str)
        return list(json.loads(text))


class CsvWriter(_Writer):
    """UTF-8 with a line of names."""

    def write(self, frame: pd.DataFrame) -> None:
        text = io.StringIO()
        frame.to_csv(text, index=False, header=self._is_first, lineterminator="\n")
        self._file.write(text.getvalue().encode("utf-8", "replace"))
        self._is_first = False

    def close(self) -> None:
        return


class JsonWriter(_Writer):
    """One array of objects, a line each."""

    def write(self, frame: pd.DataFrame) -> None:
        for row in self.as_json(frame):
            self._file.write(b"[\n" if self._is_first else b",\n")
            self._file.write(json.dumps(row, ensure_ascii=False).encode("utf-8", "replace"))
            self._is_first = False

    def close(self) -> None:
        self._file.write(b"[]\n" if self._is_first else b"\n]\n")


class ParquetWriter(_Writer):
    """The types of the first batch hold for all."""

    _parquet: Any = None

    def write(self, frame: pd.DataFrame) -> None:
        if self._parquet is None:
            table = pa.Table.from_pandas(frame, preserve_index=False)
            self._parquet = pq.ParquetWriter(self._file, _without_nulls(table.schema))
        table = pa.Table.from_pandas(frame, schema=self._parquet.schema, preserve_index=False, safe=False)
        self._parquet.write_table(table)

    def close(self) -> None:
        if self._parquet is not None:
            self._parquet.close()


def _without_nulls(schema: Any) -> Any:
    """A column that is empty in the first batch may hold texts later."""
    fields = [field.with_type(pa.string()) if pa.types.is_null(field.type) else field for field in schema]
    return pa.schema(fields)
