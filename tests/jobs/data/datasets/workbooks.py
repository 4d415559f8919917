"""Workbooks made by hand, in the formats for which no library writes them."""

import io
import struct
import zipfile
from datetime import date
from typing import Any

ODS = "application/vnd.oasis.opendocument.spreadsheet"
_NAMESPACES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{prefix}:1.0"' for prefix in ("office", "table", "text")
)
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


def xlsb(*rows: tuple[str, ...], merged: tuple[int, int, int, int]) -> bytes:
    """A sheet called Sheet1 of texts; ``merged`` is its top, bottom, left and right. An empty text is no cell."""
    bundle = struct.pack("<II", 0, 1) + _wide("rId1") + _wide("Sheet1")
    sheet = _record(129) + _record(148, struct.pack("<4I", 0, len(rows) - 1, 0, len(rows[0]) - 1)) + _record(145)
    for number, row in enumerate(rows):
        sheet += _record(0, struct.pack("<I", number) + bytes(13))
        for column, text in enumerate(row):
            if text == "#N/A":
                sheet += _record(3, struct.pack("<IIB", column, 0, 0x2A))
            elif text:
                sheet += _record(6, struct.pack("<II", column, 0) + _wide(text))
    sheet += _record(146) + _record(177, struct.pack("<I", 1)) + _record(176, struct.pack("<4I", *merged))
    sheet += _record(178) + _record(130)
    relation = '<Relationship Id="rId1" Type="worksheet" Target="worksheets/sheet1.bin"/>'
    namespace = "http://schemas.openxmlformats.org/package/2006/relationships"
    return packed(
        {
            "xl/workbook.bin": _record(131) + _record(143) + _record(156, bundle) + _record(144) + _record(132),
            "xl/_rels/workbook.bin.rels": f'<Relationships xmlns="{namespace}">{relation}</Relationships>',
            "xl/worksheets/sheet1.bin": sheet,
        }
    )


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
