"""Unpacks gzip, and limits the size of the output."""

import gzip
import zipfile
import zlib
from pathlib import Path

from jobs.data.datasets.failures import TooLarge, Unreadable

_CHUNK_BYTES = 1024 * 1024


def unpack_gzip(path: Path, target: Path, most_bytes: int) -> None:
    """Unpack ``path`` to ``target``. Raises ``TooLarge`` as soon as the output exceeds ``most_bytes``."""
    unpacked = 0
    try:
        with gzip.open(path) as packed, target.open("wb") as file:
            while chunk := packed.read(_CHUNK_BYTES):
                unpacked += len(chunk)
                if unpacked > most_bytes:
                    raise TooLarge.over(most_bytes, "The unpacked file")
                file.write(chunk)
    except EOFError:
        raise Unreadable("The gzip file is cut short: its end is missing") from None
    except (gzip.BadGzipFile, zlib.error):
        raise Unreadable("The gzip file is damaged") from None


def check_archive(path: Path, most_bytes: int) -> None:
    """Unpack every part of a workbook and discard it, because the sizes that an archive states can be false."""
    unpacked = 0
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(part.file_size for part in archive.infolist()) > most_bytes:
                raise TooLarge.over(most_bytes, "The unpacked workbook")
            for part in archive.infolist():
                with archive.open(part) as file:
                    while chunk := file.read(_CHUNK_BYTES):
                        unpacked += len(chunk)
                        if unpacked > most_bytes:
                            raise TooLarge.over(most_bytes, "The unpacked workbook")
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
        raise Unreadable("The workbook is damaged or encrypted") from None


def beginning_of(path: Path, most_bytes: int) -> tuple[bytes, bool]:
    """Return the beginning of a file, without gzip if it has any, and whether that is all of it.

    Raises ``Unreadable`` for a damaged gzip file.
    """
    with path.open("rb") as file:
        is_packed = file.read(2) == b"\x1f\x8b"
    try:
        with gzip.open(path) if is_packed else path.open("rb") as file:
            content = file.read(most_bytes)
            return content, not file.read(1)
    except EOFError:
        raise Unreadable("The gzip file is cut short: its end is missing") from None
    except (gzip.BadGzipFile, zlib.error):
        raise Unreadable("The gzip file is damaged") from None
