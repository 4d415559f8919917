"""The kind of an uploaded file, detected from its content, because endings can be wrong."""

import zipfile
from pathlib import Path
from typing import Literal

from jobs.data.datasets.failures import Unreadable
from jobs.data.datasets.ingest.encoding import marked_encoding

Kind = Literal["parquet", "excel", "gzip", "json", "text"]
_HEAD_BYTES = 4096
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
# Kinds of files that people upload by mistake, by their first bytes.
_OTHERS = {
    b"%PDF": "a PDF",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"BZh": "compressed with bzip2",
    b"\xfd7zXZ": "compressed with xz",
    b"\x28\xb5\x2f\xfd": "compressed with zstd",
    b"7z\xbc\xaf": "a 7z archive",
    b"SQLite format 3": "an SQLite database",
    b"ARROW1": "an Arrow file",
}
_PAGES = {"<!doctype html": "a web page", "<html": "a web page", "<?xml": "XML"}


def kind_of(path: Path) -> Kind:
    """Detect the kind. Raises ``Unreadable`` for an empty file and for kinds that hold no table."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    if not head:
        raise Unreadable("The file is empty")
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    if head.startswith(_OLE):
        return "excel"
    if head.startswith(b"PK\x03\x04"):
        return _zip_kind(path)
    for first_bytes, what in _OTHERS.items():
        if head.startswith(first_bytes):
            raise Unreadable(f"The file is {what}; upload CSV, TSV, JSON Lines, Parquet or Excel, or gzip of a text")
    beginning = _text_of(head).lstrip()
    for start, what in _PAGES.items():
        if beginning[: len(start)].lower() == start:
            raise Unreadable(f"The file is {what} and no table; perhaps a web page was downloaded in its place")
    if beginning.startswith("["):
        raise Unreadable("A JSON array is not read; write JSON Lines: one object on each line")
    return "json" if beginning.startswith("{") else "text"


def _text_of(head: bytes) -> str:
    """Decode the beginning of a text by its byte order mark. Without one, all that counts here is ASCII."""
    return head.decode(marked_encoding(head) or "latin-1", "replace")


def _zip_kind(path: Path) -> Kind:
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        raise Unreadable("The file is a damaged workbook or archive: it may have been cut short") from None
    if names & {"xl/workbook.xml", "xl/workbook.bin", "content.xml"}:
        return "excel"
    if "encrypted-package" in names:
        raise Unreadable("The workbook is locked with a password")
    raise Unreadable("The file is a zip archive and no workbook; upload the table itself, or gzip of it")
