"""Workbooks in all formats, made by hand where no library writes them."""

import io
import struct
import zipfile
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import openpyxl
import xlwt
from openpyxl.worksheet.cell_range import CellRange

ODS = "application/vnd.oasis.opendocument.spreadsheet"
_NAMESPACES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{prefix}:1.0"' for prefix in ("office", "table", "text")
)
# General, a date, and a date with a time: numbers of formats that every workbook knows.
_FORMATS = (0, 14, 22)
_MANIFEST = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"


def cell(text: str, more: str = "") -> str:
    return f'<table:table-cell office:value-type="string" {more}><text:p>{text}</text:p></table:table-cell>'


def typed_cell(value: Any) -> str:
    """A cell of an .ods with the type of the value; None is an empty one."""
    if value is None:
        return "<table:table-cell/>"
    if isinstance(value, str):
        return cell(value)
    kind, written = "float", str(value)
    if isinstance(value, bool):
        kind, written = "boolean", written.lower()
    elif isinstance(value, date):
        kind, written = "date", value.isoformat()
    name = "value" if kind == "float" else f"{kind}-value"
    return f'<table:table-cell office:value-type="{kind}" office:{name}="{written}"/>'


def xlsx(*rows: Sequence[Any], merged: str = "", change: Callable[[Any], None] = lambda sheet: None) -> bytes:
    """Write it with openpyxl. Nothing is written into the covered cells."""
    book = openpyxl.Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(row)
    if merged:
        area = CellRange(merged)
        for one in (one for row in sheet.iter_rows() for one in row):
            if one.coordinate in area and (one.row, one.column) != (area.min_row, area.min_col):
                one.value = None
        # openpyxl's own way to merge makes an object for each covered cell, of which a column has a million.
        sheet.merged_cells.add(area)
    change(sheet)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def xls(*rows: Sequence[Any]) -> bytes:
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("Sheet1")
    formats = {date: "YYYY-MM-DD", datetime: "YYYY-MM-DD HH:MM:SS"}
    styles = {kind: xlwt.easyxf(num_format_str=text) for kind, text in formats.items()}
    for number, row in enumerate(rows):
        for column, value in enumerate(row):
            if isinstance(value, date):
                sheet.write(number, column, days_of(value), styles[type(value)])
            elif value is not None:
                sheet.write(number, column, value)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def typed_ods(*rows: Sequence[Any]) -> bytes:
    return ods(*("".join(map(typed_cell, row)) for row in rows))


def ods(*rows: str, locked: bool = False) -> bytes:
    """A sheet called Sheet1 of these rows, whose cells are XML."""
    lines = "".join(
        row if row.startswith("<table:table-row") else f"<table:table-row>{row}</table:table-row>" for row in rows
    )
    tables = f'<table:table table:name="Sheet1">{lines}</table:table>'
    body = f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body>"
    lock = "<manifest:encryption-data/>" if locked else ""
    entry = f'<manifest:file-entry manifest:full-path="content.xml">{lock}</manifest:file-entry>'
    return packed(
        {
            "mimetype": ODS,
            "content.xml": f"<office:document-content {_NAMESPACES}>{body}</office:document-content>",
            "META-INF/manifest.xml": f'<manifest:manifest xmlns:manifest="{_MANIFEST}">{entry}</manifest:manifest>',
        }
    )


def xlsb(*rows: Sequence[Any], merged: tuple[int, int, int, int] | None = None) -> bytes:
    """A sheet called Sheet1; ``merged`` is its top, bottom, left and right. An empty text is no cell, nor is None."""
    bundle = struct.pack("<II", 0, 1) + _wide("rId1") + _wide("Sheet1")
    sheet = _record(129) + _record(148, struct.pack("<4I", 0, len(rows) - 1, 0, len(rows[0]) - 1)) + _record(145)
    for number, row in enumerate(rows):
        sheet += _record(0, struct.pack("<I", number) + bytes(13))
        sheet += b"".join(_binary_cell(column, value) for column, value in enumerate(row) if value not in (None, ""))
    sheet += _record(146)
    if merged is not None:
        sheet += _record(177, struct.pack("<I", 1)) + _record(176, struct.pack("<4I", *merged)) + _record(178)
    sheet += _record(130)
    formats = b"".join(_record(47, struct.pack("<HH", 0, number) + bytes(12)) for number in _FORMATS)
    relation = '<Relationship Id="rId1" Type="worksheet" Target="worksheets/sheet1.bin"/>'
    namespace = "http://schemas.openxmlformats.org/package/2006/relationships"
    return packed(
        {
            "xl/workbook.bin": _record(131) + _record(143) + _record(156, bundle) + _record(144) + _record(132),
            "xl/_rels/workbook.bin.rels": f'<Relationships xmlns="{namespace}">{relation}</Relationships>',
            "xl/styles.bin": _record(278) + _record(617, struct.pack("<I", len(_FORMATS))) + formats + _record(618),
            "xl/worksheets/sheet1.bin": sheet,
        }
    )


def _binary_cell(column: int, value: Any) -> bytes:
    if value == "#N/A":
        return _record(3, struct.pack("<IIB", column, 0, 0x2A))
    if isinstance(value, str):
        return _record(6, struct.pack("<II", column, 0) + _wide(value))
    if isinstance(value, bool):
        return _record(4, struct.pack("<IIB", column, 0, value))
    if isinstance(value, date):
        return _record(5, struct.pack("<IId", column, 2 if isinstance(value, datetime) else 1, days_of(value)))
    return _record(5, struct.pack("<IId", column, 0, value))


def days_of(moment: date) -> float:
    """Count the days of a date or a date and time as workbooks do: 1 March 1900 is 61."""
    whole = moment if isinstance(moment, datetime) else datetime.combine(moment, time())
    return (whole - datetime(1899, 12, 30)) / timedelta(days=1)


def ole(stream: str) -> bytes:
    """A container with a stream of that name, and nothing else that could be read."""
    name = (stream + "\0").encode("utf-16-le")
    entry = name.ljust(64, b"\0") + struct.pack("<HB", len(name), 2) + bytes(61)
    root = "Root Entry\0".encode("utf-16-le")
    first = root.ljust(64, b"\0") + struct.pack("<HBB3I", len(root), 5, 1, 0xFFFFFFFF, 0xFFFFFFFF, 1) + bytes(48)
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<5H", 0x3E, 3, 0xFFFE, 9, 6) + bytes(10)
    header += (
        struct.pack("<3I", 1, 1, 0) + struct.pack("<5I", 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0) + struct.pack("<I", 0)
    )
    fat = struct.pack("<2I", 0xFFFFFFFD, 0xFFFFFFFE).ljust(512, b"\xff")
    return header.ljust(512, b"\xff") + fat + (first + entry).ljust(512, b"\0")


def packed(parts: dict[str, str | bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return content.getvalue()


def _wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def _record(kind: int, content: bytes = b"") -> bytes:
    number = bytes([kind]) if kind < 0x80 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size = bytes([len(content)]) if len(content) < 0x80 else bytes([len(content) & 0x7F | 0x80, len(content) >> 7])
    return number + size + content
