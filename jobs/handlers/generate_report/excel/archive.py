"""Copy a workbook and insert its records.

A workbook is an archive of XML files. The records' files are made and compressed batch by batch, as the database
returns them. So neither the records nor their XML are held in memory as a whole, every counted row is in the file, and
a cancel is noticed between two batches.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from zipfile import ZIP64_LIMIT, ZIP_DEFLATED, ZipFile, ZipInfo

from jobs.handlers.generate_report.excel.records import RecordRows, RecordSheet

_TEMPLATE_ROW = re.compile(rb'<row r="2"[^>]*>(.*?)</row>', re.DOTALL)
_CELL = re.compile(rb'<c r="([A-Z]+)2"([^/>]*)/>')
_DIMENSION = re.compile(rb'<dimension ref="[^"]*"/>')
_END = b"</sheetData>"
# The date that Excel itself writes.
_ARCHIVE_DATE = (1980, 1, 1, 0, 0, 0)


def pack(template: Path, path: Path, sheets: Sequence[RecordSheet], rows: RecordRows) -> None:
    """Copy the workbook ``template`` to ``path``, and put the rows in place of each record sheet's template row."""
    by_file = {sheet.file: sheet for sheet in sheets}
    with ZipFile(template) as source, ZipFile(path, "w", ZIP_DEFLATED) as target:
        for name in source.namelist():
            entry = ZipInfo(name, _ARCHIVE_DATE)
            entry.compress_type = ZIP_DEFLATED
            if name in by_file:
                _pack_records(target, entry, source.read(name), by_file[name], rows)
            else:
                rows.check()
                target.writestr(entry, source.read(name))


def _pack_records(target: ZipFile, entry: ZipInfo, xml: bytes, sheet: RecordSheet, rows: RecordRows) -> None:
    template = _TEMPLATE_ROW.search(xml)
    found = dict(_CELL.findall(template.group(1))) if template else {}
    letters = re.findall(rb'<c r="([A-Z]+)1"', xml)
    styles = [found.get(column, b"").decode() for column in letters]
    before, after = _TEMPLATE_ROW.sub(b"", xml, count=1).split(_END)
    before = _DIMENSION.sub(f'<dimension ref="A1:{sheet.last_cell}"/>'.encode(), before)
    # Only where it is needed: some readers do not know archives with 64-bit sizes.
    is_large = rows.max_bytes + len(xml) >= ZIP64_LIMIT
    with target.open(entry, "w", force_zip64=is_large) as file:
        file.write(before)
        rows.write(file, sheet.rows, styles)
        file.write(_END + after)
