"""Workbooks to Parquet: the saved values of one sheet. The first row that is not empty names the columns.

Each cell of a merged range has the range's value.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from jobs.data.datasets.failures import Unreadable
from jobs.data.datasets.naming import unique_columns
from jobs.data.type_inference import Kind

_BATCH_ROWS = 20_000
_EXACT = 2**53
_ARROW = {
    "bool": pa.bool_(),
    "int": pa.int64(),
    "float": pa.float64(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "text": pa.string(),
}


def excel_to_parquet(path: Path, target: Path, sheet_name: str | None, notes: list[str]) -> None:
    """Convert a sheet. Raises ``Unreadable`` for a damaged or locked workbook, and an unknown or empty sheet."""
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        sheet = _sheet(workbook, sheet_name, notes)
    except CalamineError as error:
        locked = "password" in str(error).lower() or type(error).__name__ == "PasswordError"
        text = "is locked with a password" if locked else "cannot be read: it is damaged"
        raise Unreadable(f"The workbook {text}") from None
    rows = _rows(sheet)
    header = next(rows, None)
    if header is None:
        raise Unreadable(f"The sheet '{sheet.name}' is empty")
    kinds = _kinds(rows, len(header))
    # Columns with neither a name nor a value are left over from formatting.
    kept = [at for at, name in enumerate(header) if _text(name) or kinds[at] is not None]
    names = unique_columns([_text(header[at]) or "" for at in kept], notes)
    found = [kinds[at] or "text" for at in kept]
    schema = pa.schema([pa.field(name, _ARROW[kind]) for name, kind in zip(names, found, strict=True)])
    data = _rows(sheet)
    next(data)
    with pq.ParquetWriter(target, schema, compression="zstd") as writer:
        while batch := list(islice(data, _BATCH_ROWS)):
            arrays = [
                pa.array([_as(kind, row[at]) for row in batch], _ARROW[kind])
                for at, kind in zip(kept, found, strict=True)
            ]
            writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))


def _sheet(workbook: CalamineWorkbook, wanted: str | None, notes: list[str]) -> CalamineSheet:
    sheets = [sheet for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    names = [sheet.name for sheet in sheets]
    if wanted is not None:
        if wanted not in names:
            raise Unreadable(f"There is no sheet '{wanted}'. There are: {', '.join(names)}", {"sheets": names})
        return workbook.get_sheet_by_name(wanted)
    shown = [sheet.name for sheet in sheets if sheet.visible == SheetVisibleEnum.Visible] or names
    if not shown:
        raise Unreadable("The workbook has no sheet")
    if len(shown) > 1:
        notes.append(f"The sheet '{shown[0]}' was read; there are also: {', '.join(shown[1:])}")
    return workbook.get_sheet_by_name(shown[0])


def _rows(sheet: CalamineSheet) -> Iterator[list[Any]]:
    """Yield the rows from the first one with a value on; "" stands for an empty cell."""
    if sheet.start is None:
        return
    top, left = sheet.start
    spread = {
        (row, column): start
        for start, end in sheet.merged_cell_ranges or []
        for row in range(max(start[0], top), end[0] + 1)
        for column in range(max(start[1], left), end[1] + 1)
        if (row, column) != start
    }
    origins = set(spread.values())
    values: dict[tuple[int, int], Any] = {}
    spread_rows = {row for row, _ in spread} | {row for row, _ in origins}
    # The rows begin with the sheet's first row, the columns with the first one that has a value.
    for number, row in enumerate(sheet.iter_rows()):
        if number in spread_rows:
            for at in range(len(row)):
                place = (number, left + at)
                if place in origins:
                    values[place] = row[at]
                elif place in spread:
                    row[at] = values.get(spread[place], "")
        if any(value != "" for value in row):
            yield row


def _kinds(rows: Iterator[list[Any]], width: int) -> list[Kind | None]:
    """Find the narrowest kind that holds all values of each column; None: a column without values."""
    kinds: list[Kind | None] = [None] * width
    count = 0
    for row in rows:
        count += 1
        for at, value in enumerate(row):
            if value == "" or kinds[at] == "text":
                continue
            kind, before = _kind(value), kinds[at]
            kinds[at] = kind if before is None else _both(before, kind)
    if not count:
        raise Unreadable("The sheet has a header and no rows")
    return kinds


def _kind(value: Any) -> Kind:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "int" if float(value).is_integer() and abs(value) <= _EXACT else "float"
    if isinstance(value, datetime):
        return "timestamp"
    return "date" if isinstance(value, date) else "text"


def _both(one: Kind, other: Kind) -> Kind:
    if one == other:
        return one
    if {one, other} == {"int", "float"}:
        return "float"
    return "timestamp" if {one, other} == {"date", "timestamp"} else "text"


def _as(kind: Kind, value: Any) -> Any:
    if value == "":
        return None
    if kind == "timestamp" and not isinstance(value, datetime):
        return datetime.combine(value, time())
    if kind == "text":
        return _text(value)
    return int(value) if kind == "int" else value


def _text(value: Any) -> str | None:
    if value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) <= _EXACT:
        return str(int(value))
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return str(value) if isinstance(value, str | timedelta | int | float) else value.isoformat()
