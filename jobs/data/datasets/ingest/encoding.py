"""Detects the encoding of a text and converts it to UTF-8.

A byte order mark decides. Without one the text is UTF-8, unless most of its letters beyond ASCII are not. Then it is in
an encoding of East Asia, if it clearly is that, else in Windows-1252, or Latin-1 if Windows-1252 lacks a byte. The
notes say so. A UTF-8 text with an invalid byte is an error: read in another encoding, all its other letters would be
wrong.
"""

import codecs
from dataclasses import dataclass
from pathlib import Path

from jobs.data.datasets.failures import Unreadable
from jobs.data.datasets.ingest.asian_encodings import asian_encoding

_CHUNK_BYTES = 1024 * 1024
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # its mark begins like that of UTF-16, so it is tested first
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NAMES = {
    "cp1252": "Windows-1252",
    "latin-1": "Latin-1",
    "cp932": "Shift-JIS",
    "euc_jp": "EUC-JP",
    "gb18030": "GB18030",
    "big5": "Big5",
    "cp949": "EUC-KR",
}
_SAMPLE_BYTES = 256 * 1024


@dataclass(frozen=True, kw_only=True)
class _Misfit:
    """The first byte that is not UTF-8. All numbers count from 1, except ``offset``."""

    offset: int
    line: int
    byte: int
    """The position in the line."""
    is_damage: bool
    """True: the rest of the text is UTF-8."""


def marked_encoding(head: bytes) -> str | None:
    """Return the encoding that a byte order mark at the beginning of a file names; None: there is none."""
    return next((name for mark, name in _MARKS if head.startswith(mark)), None)


def as_utf8(path: Path, target: Path, notes: list[str], *, only_utf8: bool = False) -> Path:
    """Return the file itself if it is UTF-8 without a mark, else write ``target`` and return it.

    ``only_utf8`` is for formats that allow no other encoding. Raises ``Unreadable`` with line and byte.
    """
    with path.open("rb") as file:
        marked = marked_encoding(file.read(4))
    if marked is not None and marked != "utf-8-sig":
        _recode(path, target, marked)
        _first_misfit(target)  # for a NUL
        return target
    misfit = _first_misfit(path)
    if misfit is None:
        if marked is None:
            return path
        _recode(path, target, marked)
        return target
    where = f"byte {misfit.byte} of line {misfit.line}"
    used = None
    if not (marked or only_utf8):
        used = _recode_asian(path, target, misfit) or (None if misfit.is_damage else _recode_western(path, target))
    if used is None:
        raise Unreadable(f"The text is not UTF-8 at {where}", {"line": misfit.line, "offset": misfit.offset})
    notes.append(f"The text is not UTF-8 ({where}); it was read as {_NAMES[used]}")
    return target


def _first_misfit(path: Path) -> _Misfit | None:
    offset, lines, line_start, is_ascii, carry = 0, 0, 0, True, b""
    with path.open("rb") as file:
        while True:
            chunk = file.read(_CHUNK_BYTES)
            data = carry + chunk
            if (at := data.find(b"\0")) >= 0:
                line = lines + data.count(b"\n", 0, at) + 1
                raise Unreadable.at("there is a NUL byte; this is no text (UTF-16 needs a byte order mark)", line=line)
            try:
                if not data.isascii():
                    data.decode()
                whole = len(data)
            except UnicodeDecodeError as error:
                whole = error.start
                if not chunk or error.end < len(data) or "end of data" not in error.reason:
                    newline = data.rfind(b"\n", 0, whole)
                    start = offset + newline + 1 if newline >= 0 else line_start
                    return _Misfit(
                        offset=offset + whole,
                        line=lines + data.count(b"\n", 0, whole) + 1,
                        byte=offset + whole - start + 1,
                        is_damage=not (is_ascii and data[:whole].isascii()),
                    )
            if not chunk:
                return None
            is_ascii = is_ascii and data[:whole].isascii()
            lines += data.count(b"\n", 0, whole)
            newline = data.rfind(b"\n", 0, whole)
            line_start = offset + newline + 1 if newline >= 0 else line_start
            offset, carry = offset + whole, data[whole:]


def _recode_asian(path: Path, target: Path, misfit: _Misfit) -> str | None:
    """Recode a text in an encoding of East Asia, and return that; None if it is none for sure."""
    with path.open("rb") as file:
        file.seek(misfit.offset - misfit.byte + 1)  # the beginning of the line
        sample = file.read(_SAMPLE_BYTES)
    if _is_mostly_utf8(sample) or (encoding := asian_encoding(sample)) is None:
        return None
    try:
        _recode(path, target, encoding)
    except Unreadable:
        return None
    return encoding


def _is_mostly_utf8(sample: bytes) -> bool:
    text = sample.decode("utf-8", "surrogateescape")
    wrong = sum("\udc80" <= character <= "\udcff" for character in text)
    return sum(character > "\x7f" for character in text) - wrong > wrong


def _recode_western(path: Path, target: Path) -> str:
    try:
        _recode(path, target, "cp1252")
    except Unreadable:
        _recode(path, target, "latin-1")
        return "latin-1"
    return "cp1252"


def _recode(path: Path, target: Path, encoding: str) -> None:
    try:
        with (
            path.open(encoding=encoding, newline="") as source,
            target.open("w", encoding="utf-8", newline="") as file,
        ):
            while text := source.read(_CHUNK_BYTES):
                file.write(text)
    except UnicodeError as error:
        name = encoding.upper().removesuffix("-SIG")
        raise Unreadable(f"The text says it is {name}, and is not: {getattr(error, 'reason', error)}") from None
