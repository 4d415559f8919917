"""Writes a multipart body to disk as it comes in, and then takes it apart, never in memory as a whole."""

import functools
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadhandler import FileUploadHandler
from django.http.multipartparser import MultiPartParser, MultiPartParserError

from jobs.data.datasets.failures import DatasetError, TooLarge, Unreadable
from realtime.http.receiving.body import Body

FILE_FIELD = "file"
# The bytes allowed for fields and boundaries beside the file.
EXTRA_BYTES = 1024 * 1024
_CHUNK_BYTES = 256 * 1024
_TAIL_BYTES = 512


async def save_body(body: Body, path: Path, in_thread: Callable[[Callable[[], object]], Awaitable[object]]) -> None:
    """Write a body to ``path`` as it comes. No thread waits for the client."""
    with path.open("wb") as file:
        held = bytearray()
        while piece := await body.read():
            held += piece
            if len(held) >= _CHUNK_BYTES:
                await in_thread(functools.partial(file.write, bytes(held)))
                held.clear()
        file.write(held)


class _ToDisk(FileUploadHandler):
    """The handler that writes the part ``file`` to a path. It raises at another file, and above the size limit."""

    chunk_size = _CHUNK_BYTES

    def __init__(self, path: Path, most_bytes: int) -> None:
        super().__init__()
        self._file = path.open("wb")
        self._most_bytes = most_bytes
        self.filename: str | None = None

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        if self.field_name != FILE_FIELD or self.filename is not None:
            raise DatasetError(f"Send one file, as the field '{FILE_FIELD}'")
        self.filename = self.file_name or ""

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if start + len(raw_data) > self._most_bytes:
            raise TooLarge.over(self._most_bytes)
        self._file.write(raw_data)

    def file_complete(self, file_size: int) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()


def split_body(whole: Path, content_type: str, path: Path, most_bytes: int) -> tuple[str, dict[str, str]]:
    """Move the file of a multipart body to ``path``. Return its name and the other fields. Blocks.

    ``whole`` is deleted. Raises ``DatasetError`` for another kind of body.
    """
    disk = _ToDisk(path, most_bytes)
    size_bytes = whole.stat().st_size
    meta = {"CONTENT_TYPE": content_type, "CONTENT_LENGTH": size_bytes}
    try:
        with whole.open("rb") as file:
            parser = MultiPartParser(meta, file, [disk], "utf-8")
            fields, _ = parser.parse()
            file.seek(max(0, size_bytes - _TAIL_BYTES))
            tail = file.read()
    except (MultiPartParserError, SuspiciousOperation, TypeError) as error:  # TypeError: see ``receiving.request``
        raise DatasetError(f"The body cannot be read as multipart/form-data: {error}") from None
    finally:
        disk.close()
    whole.unlink()
    if not tail.rstrip().endswith(b"--"):
        raise Unreadable("The upload is cut short: its last boundary is missing")
    if disk.filename is None:
        raise DatasetError(f"There is no file; send one as the field '{FILE_FIELD}'")
    return disk.filename, {str(name): str(value) for name, value in fields.items()}
