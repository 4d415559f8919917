"""Write the outcome as a JSON array with one object per row, batch by batch."""

from typing import BinaryIO

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from jobs.handlers.process_data.output.cells import as_text, finite, is_plain

_encode = msgspec.json.Encoder().encode


class JsonFile:
    """A writer of JSON. Use it in a ``with`` block, which closes the array."""

    def __init__(self, file: BinaryIO, schema: pa.Schema) -> None:
        self._file = file
        self._separator = b"\n"

    def __enter__(self) -> "JsonFile":
        self._file.write(b"[")
        return self

    def __exit__(self, *_: object) -> None:
        self._file.write(b"\n]\n")

    def write(self, batch: pa.RecordBatch) -> None:
        if batch.num_rows:
            self._file.write(self._separator)
            self._file.write(json_rows(batch, ",\n"))
            self._separator = b",\n"


def json_rows(batch: pa.RecordBatch, separator: str) -> bytes:
    """Encode the rows as JSON objects. NaN and the infinities become null."""
    parts: list[pa.Array | str] = []
    for at, (name, column) in enumerate(zip(batch.schema.names, batch.columns, strict=True)):
        parts += [("," if at else "{") + _encode(name).decode() + ":", _cells(column)]
    objects = pc.binary_join_element_wise(*parts, "}", "")
    return separator.join(objects.to_pylist()).encode()


def _cells(column: pa.Array) -> pa.Array:
    column = finite(column)
    if is_plain(column.type):
        return pc.fill_null(column.cast(pa.string()), "null")
    # Texts often repeat, so each distinct one is encoded once.
    different = pc.dictionary_encode(as_text(column))
    encoded = pa.array([_encode(text).decode() for text in different.dictionary.to_pylist()], pa.string())
    return pc.fill_null(encoded.take(different.indices), "null")
