"""Read from a workbook, beside its values, its lock, its merged cells, and cells that have no value to read."""

import mmap
import posixpath
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Literal, NamedTuple
from xml.parsers import expat

from jobs.data.datasets.failures import Unreadable

Ending = Literal["xlsx", "xlsb", "xls", "ods"]
_CHUNK_BYTES = 256 * 1024
_OLE = b"\xd0\xcf\x11\xe0"
_PACKAGE = "EncryptedPackage\0".encode("utf-16-le")
_ENTRY_BYTES, _LENGTH_AT = 128, 64
_MERGED, _ERROR, _ERROR_OF_FORMULA, _ROW, _SHEET = 176, 3, 11, 0, 156


class Merged(NamedTuple):
    """A merged cell; rows and columns count from 0, the last ones are in it."""

    top: int
    left: int
    bottom: int
    right: int


@dataclass
class Parts:
    """Facts of one sheet that its values do not tell."""

    merged: list[Merged] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    """Cells such as B2 with an error in place of a value."""
    unsaved: list[str] = field(default_factory=list)
    """Cells with a formula whose value was not saved."""


def ending_of(path: Path) -> Ending:
    """The ending that the content should have, whatever the file is called."""
    with path.open("rb") as file:
        if file.read(len(_OLE)) == _OLE:
            return "xlsx" if is_package(path) else "xls"
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
    if "xl/workbook.bin" in names:
        return "xlsb"
    return "xlsx" if "xl/workbook.xml" in names else "ods"


def is_package(path: Path) -> bool:
    """Tell if the container is the lock around an ``.xlsx`` or ``.xlsb``: one of its streams is called so."""
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        at = content.find(_PACKAGE)
        while at >= 0:
            length = content[at + _LENGTH_AT : at + _LENGTH_AT + 2]
            if at % _ENTRY_BYTES == 0 and length == struct.pack("<H", len(_PACKAGE)):
                return True
            at = content.find(_PACKAGE, at + 2)
    return False


def parts_of(path: Path, ending: Ending, sheet: str) -> Parts:
    """Look into the sheet called ``sheet``. An ``.xls`` tells nothing here."""
    parts = Parts()
    if ending == "xls":
        return parts
    with zipfile.ZipFile(path) as archive:
        try:
            if ending == "ods":
                _parse(archive.open("content.xml"), _of_ods(parts, sheet))
            elif ending == "xlsb":
                _read_binary(archive.read(_part_of(archive, "bin", sheet)), parts)
            elif _may_lack_values(archive, part := _part_of(archive, "xml", sheet)):
                _parse(archive.open(part), _of_xlsx(parts))
        except KeyError:
            return parts  # the part lies where nobody looks for it: its values are read all the same
        except (expat.ExpatError, struct.error, ValueError, IndexError, zipfile.BadZipFile, zlib.error):
            return parts  # what cannot be read at all, the values tell
    return parts


# --- XML -------------------------------------------------------------------------------------------------------------

Start = Callable[[str, dict[str, str]], None]
Handlers = tuple[Start, Callable[[str], None], Callable[[str], None]]


def _parse(file: IO[bytes], handlers: Handlers) -> None:
    """Feed the names of elements and attributes without their namespaces to ``handlers``: start, end, text."""
    parser = expat.ParserCreate()
    start, end, text = handlers

    def on_start(name: str, attributes: dict[str, str]) -> None:
        start(_local(name), {_local(key): value for key, value in attributes.items()})

    def refuse(*_: object) -> None:
        raise Unreadable("The workbook cannot be read: it declares entities of its own")

    parser.StartElementHandler = on_start
    parser.EndElementHandler = lambda name: end(_local(name))
    parser.CharacterDataHandler = text
    parser.EntityDeclHandler = refuse
    with file:
        while chunk := file.read(_CHUNK_BYTES):
            parser.Parse(chunk)
        parser.Parse(b"", True)


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _part_of(archive: zipfile.ZipFile, ending: str, sheet: str) -> str:
    """The name of the part that holds the sheet. Raises ``KeyError``."""
    targets: dict[str, str] = {}
    ids: dict[str, str] = {}

    def relation(name: str, attributes: dict[str, str]) -> None:
        if name == "Relationship":
            targets[attributes["Id"]] = attributes["Target"]

    def listed(name: str, attributes: dict[str, str]) -> None:
        if name == "sheet":
            ids[attributes["name"]] = attributes["id"]

    _parse(archive.open(f"xl/_rels/workbook.{ending}.rels"), (relation, _nothing, _nothing))
    if ending == "bin":
        for kind, content in _records(archive.read("xl/workbook.bin")):
            if kind == _SHEET:
                relation_id, rest = _wide(content[8:])
                ids[_wide(rest)[0]] = relation_id
    else:
        _parse(archive.open("xl/workbook.xml"), (listed, _nothing, _nothing))
    return posixpath.normpath(posixpath.join("/xl", targets[ids[sheet]])).lstrip("/")


def _nothing(_: str) -> None:
    return None


def _may_lack_values(archive: zipfile.ZipFile, part: str) -> bool:
    """Tell if the part has an error or a formula: most have neither, and this look is quick."""
    before = b""
    with archive.open(part) as file:
        while chunk := file.read(_CHUNK_BYTES):
            text = before + chunk
            if any(mark in text for mark in (b"<f>", b"<f ", b":f>", b":f ", b't="e"', b"t='e'")):
                return True
            before = chunk[-8:]
    return False


def _of_xlsx(parts: Parts) -> Handlers:
    cell: dict[str, str] = {}
    seen = {"f": False, "v": False}
    inside = ""

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal cell, inside
        inside = name
        if name == "c":
            cell = attributes
            seen.update(f=False, v=False)
        elif name == "f":
            seen["f"] = True

    def end(name: str) -> None:
        nonlocal inside
        inside = ""
        if name != "c":
            return
        kind = cell.get("t", "n")
        if kind == "e" and seen["v"]:
            parts.errors.append(cell.get("r", "?"))
        elif seen["f"] and not seen["v"] and kind != "str":  # a formula may well give an empty text
            parts.unsaved.append(cell.get("r", "?"))

    def text(content: str) -> None:
        if inside == "v" and content:
            seen["v"] = True

    return start, end, text


def _of_ods(parts: Parts, sheet: str) -> Handlers:
    depth, reading = 0, False
    row = column = 0
    rows = columns = 1

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth, reading, row, column, rows, columns
        if name == "table":
            depth += 1
            if depth == 1:
                reading, row = attributes.get("name") == sheet, 0
        if not reading or depth != 1:
            return
        if name == "table-row":
            column, rows = 0, int(attributes.get("number-rows-repeated", 1))
        elif name in ("table-cell", "covered-table-cell"):
            columns = int(attributes.get("number-columns-repeated", 1))
            down, across = (int(attributes.get(f"number-{way}-spanned", 1)) for way in ("rows", "columns"))
            if down > 1 or across > 1:
                parts.merged.append(Merged(row, column, row + down - 1, column + across - 1))
            if "formula" in attributes and "value-type" not in attributes:
                parts.unsaved.append(place(row, column))
            # LibreOffice says so in a second attribute of that name, beside an empty text.
            if attributes.get("value-type") == "error" and not attributes.get("string-value"):
                parts.errors.append(place(row, column))

    def end(name: str) -> None:
        nonlocal depth, row, column
        if depth == 1 and name == "table-row":
            row += rows
        elif depth == 1 and name in ("table-cell", "covered-table-cell"):
            column += columns
        elif name == "table":
            depth -= 1

    return start, end, _nothing


# --- The binary parts of an .xlsb ------------------------------------------------------------------------------------


def _read_binary(content: bytes, parts: Parts) -> None:
    row = 0
    for kind, record in _records(content):
        if kind == _ROW:
            [row] = struct.unpack_from("<I", record)
        elif kind in (_ERROR, _ERROR_OF_FORMULA):
            parts.errors.append(place(row, struct.unpack_from("<I", record)[0]))
        elif kind == _MERGED:
            top, bottom, left, right = struct.unpack_from("<4I", record)
            parts.merged.append(Merged(top, left, bottom, right))


def _records(content: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(content):
        kind = content[at]
        at += 1
        if kind & 0x80:
            kind = kind & 0x7F | (content[at] & 0x7F) << 7
            at += 1
        length = shift = 0
        while True:
            byte = content[at]
            at += 1
            length |= (byte & 0x7F) << shift
            shift += 7
            if not byte & 0x80 or shift == 28:
                break
        yield kind, content[at : at + length]
        at += length


def _wide(content: bytes) -> tuple[str, bytes]:
    [length] = struct.unpack_from("<I", content)
    end = 4 + 2 * length
    return content[4:end].decode("utf-16-le", "replace"), content[end:]


def place(row: int, column: int) -> str:
    """``B3`` for row 2 and column 1."""
    letters = ""
    column += 1
    while column:
        column, letter = divmod(column - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return f"{letters}{row + 1}"
