"""A file in S3, read block by block: the part in memory is bounded, whatever the file's size."""

import io
from collections.abc import Callable
from typing import Any

from jobs.files.storage.failures import StorageAway

FIRST_BLOCK_BYTES = 256 * 1024
MAX_BLOCK_BYTES = 8 * 1024 * 1024
_TRIES = 2

GetRange = Callable[[int, int], Any]
"""First and last byte → a body with ``read(size)`` and ``close()``."""


class RangedFile(io.RawIOBase):
    """A seekable file. It asks for block after block, each twice as large, so that short and long reads both stay
    cheap. Nothing is requested before it is read. A block that breaks off is requested again.
    """

    def __init__(self, size: int, get_range: GetRange) -> None:
        self._size = size
        self._get_range = get_range
        self._position = 0
        self._body: Any = None
        self._left = 0
        """The bytes of the current block that were not read yet."""
        self._block = FIRST_BLOCK_BYTES

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        position = max(0, start + offset)
        if position != self._position:
            self._drop()
            self._block = FIRST_BLOCK_BYTES
            self._position = position
        return position

    def readinto(self, buffer: Any) -> int:
        wanted = min(len(buffer), self._size - self._position)
        if wanted <= 0:
            return 0
        for tries_left in reversed(range(_TRIES)):
            try:
                data = self._read(wanted)
                break
            except StorageAway:
                self._drop()
                if not tries_left:
                    raise
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._drop()
        super().close()

    def _read(self, wanted: int) -> bytes:
        if self._body is None:
            last = min(self._position + self._block, self._size) - 1
            self._body = self._get_range(self._position, last)
            self._left = last + 1 - self._position
            self._block = min(2 * self._block, MAX_BLOCK_BYTES)
        data: bytes = self._body.read(min(wanted, self._left))
        if not data:
            raise StorageAway("the store ended a file too early")
        self._position += len(data)
        self._left -= len(data)
        if self._left == 0:
            self._drop()
        return data

    def _drop(self) -> None:
        body, self._body = self._body, None
        if body is not None:
            body.close()
