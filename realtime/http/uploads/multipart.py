"""Writes a multipart body to disk as it comes in, part by part, never in memory as a whole."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import TimeoutError as NothingCame
from pathlib import Path
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.core.files.uploadhandler import FileUploadHandler
from django.http.multipartparser import MultiPartParser, MultiPartParserError

from jobs.data.datasets.failures import DatasetError, TooLarge, Unreadable

IDLE_SECONDS = 60.0
FILE_FIELD = "file"
# The bytes allowed for fields and boundaries beside the file.
EXTRA_BYTES = 1024 * 1024
_CHUNK_BYTES = 256 * 1024
_TAIL_BYTES = 512


class HungUp(Exception):
    """The client is gone, or silent for too long."""


class Body:
    """The body of an ASGI request as a file that a thread reads; each read waits for the next piece."""

    def __init__(self, receive: Callable[[], Awaitable[Any]], loop: asyncio.AbstractEventLoop, most_bytes: int) -> None:
        self._receive = receive
        self._loop = loop
        self._most_bytes = most_bytes
        self._more = True
        self._held = b""
        self._read_bytes = 0
        self.tail = b""

    def read(self, size: int) -> bytes:
        while self._more and len(self._held) < size:
            self._held += self._next()
        piece, self._held = self._held[:size], self._held[size:]
        self.tail = (self.tail + piece)[-_TAIL_BYTES:]
        return piece

    def _next(self) -> bytes:
        waiting = asyncio.run_coroutine_threadsafe(_awaited(self._receive), self._loop)
        try:
            message = waiting.result(IDLE_SECONDS)
        except NothingCame:
            waiting.cancel()
            raise HungUp from None
        if message["type"] == "http.disconnect":
            raise HungUp
        body: bytes = message.get("body", b"")
        self._more = message.get("more_body", False)
        self._read_bytes += len(body)
        if self._read_bytes > self._most_bytes + EXTRA_BYTES:
            raise TooLarge.over(self._most_bytes)
        return body


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


def save_upload(body: Body, content_type: str, path: Path, most_bytes: int) -> tuple[str, dict[str, str]]:
    """Write the file to ``path``. Return its name and the other fields. Blocks.

    Raises ``DatasetError`` for another kind of body, and ``HungUp``.
    """
    disk = _ToDisk(path, most_bytes)
    # Django only needs some length: the body itself says where it ends.
    meta = {"CONTENT_TYPE": content_type, "CONTENT_LENGTH": most_bytes + EXTRA_BYTES}
    try:
        parser = MultiPartParser(meta, body, [disk], "utf-8")  # type: ignore[arg-type]  # only ``read`` is called
        fields, _ = parser.parse()
        while body.read(_CHUNK_BYTES):  # bytes after the last boundary do not count
            pass
    except (MultiPartParserError, SuspiciousOperation) as error:
        raise DatasetError(f"The body cannot be read as multipart/form-data: {error}") from None
    finally:
        disk.close()
    if not body.tail.rstrip().endswith(b"--"):
        raise Unreadable("The upload is cut short: its last boundary is missing")
    if disk.filename is None:
        raise DatasetError(f"There is no file; send one as the field '{FILE_FIELD}'")
    return disk.filename, {str(name): str(value) for name, value in fields.items()}


async def _awaited(receive: Callable[[], Awaitable[Any]]) -> Any:
    return await receive()
