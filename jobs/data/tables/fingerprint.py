"""The fingerprint of rows: equal for equal rows in equal order, however they were cut into batches."""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc


def fingerprint_of(columns: Mapping[str, str], batches: Iterable[pa.RecordBatch]) -> str:
    """Return the SHA-256, in hex, of the columns' names and types and of the rows. Columns have plain types."""
    contents = [_Column() for _ in columns]
    for batch in batches:
        for content, array in zip(contents, batch.columns, strict=True):
            content.add(array)
    whole = sha256()
    for (name, kind), content in zip(columns.items(), contents, strict=True):
        for part in (name.encode(), kind.encode(), content.digest()):
            whole.update(len(part).to_bytes(8, "little") + part)
    return whole.hexdigest()


class _Column:
    """One column as three streams that do not depend on batches: which rows have a value, the lengths, the bytes."""

    def __init__(self) -> None:
        self._streams = (sha256(), sha256(), sha256())

    def add(self, array: pa.Array) -> None:
        present, lengths, values = self._streams
        present.update(_fixed(array.is_valid().cast(pa.uint8())))
        array = array.drop_null() if array.null_count else array
        if pa.types.is_boolean(array.type):
            values.update(_fixed(array.cast(pa.uint8())))
        elif _has_lengths(array.type):
            array = array.cast(pa.large_binary())
            lengths.update(_fixed(pc.binary_length(array).cast(pa.int64())))
            values.update(_text(array))
        else:
            values.update(_fixed(array))

    def digest(self) -> bytes:
        return b"".join(stream.digest() for stream in self._streams)


def _has_lengths(kind: pa.DataType) -> bool:
    return any(
        is_kind(kind)
        for is_kind in (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)
    )


def _fixed(array: pa.Array) -> Any:
    """Return the bytes of values of a fixed width."""
    width = array.type.bit_width // 8
    content = array.buffers()[1]
    return memoryview(content)[array.offset * width : (array.offset + len(array)) * width] if len(array) else b""


def _text(array: pa.Array) -> Any:
    _, offsets, content = array.buffers()
    if not len(array) or content is None:
        return b""
    first, last = (
        int.from_bytes(memoryview(offsets)[8 * at : 8 * at + 8], "little")
        for at in (array.offset, array.offset + len(array))
    )
    return memoryview(content)[first:last]
