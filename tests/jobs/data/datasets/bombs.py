"""Small files that a careless reader turns into gigabytes, or into hours."""

import gzip
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from tests.jobs.data.datasets.workbooks import cell, ods

MIB = 1024 * 1024
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def sheet(
    cells: Iterable[str], *, merged: str = "", prolog: str = "", more: dict[str, Iterable[bytes]] | None = None
) -> bytes:
    """Write an ``.xlsx`` with one sheet. ``cells`` is the XML of its rows; ``more`` has further parts."""
    merge = f'<mergeCells count="1"><mergeCell ref="{merged}"/></mergeCells>' if merged else ""
    parts: dict[str, Iterable[bytes]] = {
        "_rels/.rels": [
            f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="rId1" Type="{_RELATIONS}/officeDocument" '
            f'Target="xl/workbook.xml"/></Relationships>'.encode()
        ],
        "xl/workbook.xml": [
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>'
            f'<sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>'.encode()
        ],
        "xl/_rels/workbook.xml.rels": [
            f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="rId1" Type="{_RELATIONS}/worksheet" '
            f'Target="worksheets/sheet1.xml"/>'.encode(),
            (
                f'<Relationship Id="rId2" Type="{_RELATIONS}/sharedStrings" Target="sharedStrings.xml"/>'
                if more
                else ""
            ).encode(),
            b"</Relationships>",
        ],
        "xl/worksheets/sheet1.xml": [
            f'{prolog}<worksheet xmlns="{_MAIN}"><sheetData>'.encode(),
            *(text.encode() for text in cells),
            f"</sheetData>{merge}</worksheet>".encode(),
        ],
        **(more or {}),
    }
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, pieces in parts.items():
            with archive.open(name, "w", force_zip64=True) as part:
                for piece in pieces:
                    part.write(piece)
    return content.getvalue()


def text_cell(place: str, text: str = "x") -> str:
    return f'<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>'


_HEADER = f'<row r="1">{text_cell("A1", "a")}{text_cell("B1", "b")}</row>'
_ROW = f'<row r="2">{text_cell("A2")}{text_cell("B2")}</row>'


def _shared_strings(entry: bytes, total_bytes: int) -> Iterator[bytes]:
    yield f'<sst xmlns="{_MAIN}">'.encode()
    block = entry * (MIB // len(entry) + 1)
    for _ in range(total_bytes // len(block)):
        yield block
    yield b"</sst>"


def _packed_lines(head: bytes, block: bytes, times: int, tail: bytes = b"") -> bytes:
    content = io.BytesIO()
    with gzip.open(content, "wb", compresslevel=1) as file:
        file.write(head)
        for _ in range(times):
            file.write(block)
        file.write(tail)
    return content.getvalue()


def _wide_parquet(columns: int) -> bytes:
    table = pa.table({f"c{at}": pa.array([1], pa.int8()) for at in range(columns)})
    return _parquet(table)


def _parquet(table: pa.Table) -> bytes:
    content = io.BytesIO()
    pq.write_table(table, content, compression="zstd")
    return content.getvalue()


_REPEATED = 'table:number-columns-repeated="16384"'
_ENTITIES = "".join(f'<!ENTITY e{at} "{f"&e{at - 1};" * 10}">' for at in range(1, 10))
_DOCTYPE = f'<!DOCTYPE x [<!ENTITY e0 "ha">{_ENTITIES}]>'

BOMBS: dict[str, Callable[[], bytes]] = {
    "a merged range over the whole sheet": lambda: sheet([_HEADER, _ROW], merged="A1:XFD1048576"),
    "a merged range that just misses the end": lambda: sheet([_HEADER, _ROW], merged="A1:XFC1048575"),
    "many merged ranges": lambda: sheet(
        [_HEADER, _ROW],
        merged='A1:XFC1048575"/>' + '<mergeCell ref="A1:XFC1048575"/>' * 10000 + '<mergeCell ref="A1:A2',
    ),
    "a cell beyond all sheets": lambda: sheet([_HEADER, f'<row r="2">{text_cell("ZZZZZZZ99999999999")}</row>']),
    "the last cell of a sheet": lambda: sheet([_HEADER, f'<row r="1048576">{text_cell("XFD1048576")}</row>']),
    "a cell far down": lambda: sheet([_HEADER, f'<row r="4294967295">{text_cell("A4294967295")}</row>']),
    "shared strings beyond all memory": lambda: sheet(
        [_HEADER, _ROW],
        more={"xl/sharedStrings.xml": _shared_strings(b"<si><t>" + b"x" * 1000 + b"</t></si>", 600 * MIB)},
    ),
    "a formula of a megabyte": lambda: sheet([_HEADER, f'<row r="2"><c r="A2"><f>{"(" * MIB}</f></c></row>', _ROW]),
    "entities in entities": lambda: sheet([_HEADER, "<row><c><f/><v>&e9;</v></c></row>"], prolog=_DOCTYPE),
    "repeated columns": lambda: ods(cell("a") + cell("b"), cell("x", 'table:number-columns-repeated="1000000"')),
    "repeated rows": lambda: ods(
        cell("a") + cell("b"),
        f'<table:table-row table:number-rows-repeated="1000000">{cell("x", _REPEATED)}</table:table-row>',
    ),
    "repeated rows, more than a machine counts": lambda: ods(
        cell("a"),
        f'<table:table-row table:number-rows-repeated="18446744073709551615">{cell("x")}</table:table-row>',
    ),
    "a million commas": lambda: b"," * 1_000_000,
    "a million names": lambda: b",".join(b"n%d" % at for at in range(1_000_000)) + b"\n1\n",
    "a million commas under a header": lambda: b"a,b\n" + b"," * 1_000_000 + b"\n",
    "a million commas over a row": lambda: b"a" + b"," * 1_000_000 + b"\n" + b"1" + b"," * 1_000_000 + b"\n",
    "a header of a million commas": lambda: b"," * 1_000_000 + b"\n1\n",
    "one endless line": lambda: _packed_lines(b"a,b\n", b"x" * MIB, 64),
    "one endless quoted value": lambda: _packed_lines(b'a,b\n1,"', b"x" * MIB, 64, b'"\n'),
    "gzip in gzip": lambda: gzip.compress(_packed_lines(b"a\n", b"1\n", 1)),
    "an endless JSON line": lambda: _packed_lines(b'{"a":"', b"x" * MIB, 64, b'"}\n'),
    "JSON Lines nested deep": lambda: b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}\n",
    "JSON Lines nested as deep as Python reads": lambda: b'{"a":' + b"[" * 900 + b"]" * 900 + b"}\n",
    "JSON Lines with a key of its own in each row": lambda: b"".join(b'{"k%d":1}\n' % at for at in range(100_000)),
    "JSON Lines of a million keys": lambda: b"{" + b",".join(b'"k%d":1' % at for at in range(1_000_000)) + b"}\n",
    "a long number": lambda: b'{"a":1' + b"0" * 8 * MIB + b"}\n",
    "Parquet of many columns": lambda: _wide_parquet(5_000),
}


def millions_of_shared_strings() -> bytes:
    """Write a workbook that unpacks to less than its limit, and takes more memory than the process may have."""
    return sheet([_HEADER, _ROW], more={"xl/sharedStrings.xml": _shared_strings(b"<si><t>x</t></si>", 500 * MIB)})
