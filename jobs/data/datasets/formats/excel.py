"""Workbooks to Parquet: the saved values of one sheet.

The first row that is not empty names the columns, unless it looks like data. Each cell of a merged range has the
range's value.
"""

import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import reduce
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from jobs.data.datasets.failures import Unreadable
from jobs.data.datasets.formats.odd_values import MIN_VALUES, NEARLY_ALL, tell_first, tell_odd
from jobs.data.datasets.formats.sheet_rows import SheetRows, titles
from jobs.data.datasets.formats.workbook_parts import Merged, Parts, ending_of, parts_of
from jobs.data.datasets.naming import unique_columns
from jobs.data.type_inference import NOTHING, Kind

_BATCH_ROWS, _BATCH_CELLS = 20_000, 1_000_000
_EXACT = 2**53
_SHOWN_SHEETS = 100
_LIKELY: dict[str, tuple[Kind, ...]] = {
    "numbers": ("int", "float"),
    "dates": ("date", "timestamp"),
    "true or false": ("bool",),
}
_ARROW = {
    "bool": pa.bool_(),
    "int": pa.int64(),
    "float": pa.float64(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us"),
    "text": pa.string(),
}


@contextmanager
def _without_panics() -> Iterator[None]:
    """Raise ``Unreadable`` for a panic of the library, which is no ``Exception``."""
    try:
        yield
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise Unreadable("The workbook cannot be read: it is damaged") from None


@_without_panics()
def excel_to_parquet(path: Path, target: Path, sheet_name: str | None, header: bool | None, notes: list[str]) -> None:
    """Convert a sheet. ``header`` True: the first row names the columns; None: detect it.

    Raises ``Unreadable`` for a damaged or locked workbook, an unknown sheet, and one without rows.
    """
    try:
        ending = ending_of(path)
        # The library goes by the ending, and we by the content.
        named = target.with_name(f"opened.{ending}")
        named.unlink(missing_ok=True)
        named.symlink_to(path)
        workbook = CalamineWorkbook.from_path(str(named))
        sheet = _sheet(workbook, sheet_name, notes)
    except PasswordError:
        raise Unreadable("The workbook is locked with a password") from None
    except (CalamineError, zipfile.BadZipFile):
        raise Unreadable("The workbook cannot be read: it is damaged") from None
    parts = parts_of(path, ending, sheet.name)
    parts.merged += [Merged(*start, *end) for start, end in sheet.merged_cell_ranges or []]
    notes += _missing(parts)
    table = SheetRows(sheet, parts.merged)
    first = next(iter(table), None)
    if first is None:
        raise Unreadable(f"The sheet '{sheet.name}' is empty")
    if header is None:
        header = all(isinstance(value, str) for value in first)
        notes += [] if header else ["The first row looks like data, not like names"]
    notes += titles(table) if header else []

    def data() -> Iterator[tuple[int, list[Any]]]:
        return islice(table.numbered(), 1 if header else 0, None)

    columns = _columns(data(), len(first))
    if columns is None:
        raise Unreadable("The sheet has a header and no rows")
    named_columns = [_text(value) or "" for value in first] if header else [""] * len(first)
    # Columns with neither a name nor a value are what formatting leaves behind.
    kept = [at for at, name in enumerate(named_columns) if name or columns[at].kind is not None]
    # Where no row names them, there is nothing to tell of each.
    names = unique_columns([named_columns[at] for at in kept], notes if header else [])
    notes += [note for at, name in zip(kept, names, strict=True) if (note := columns[at].note(name))]
    found = [columns[at].kind or "text" for at in kept]
    schema = pa.schema([pa.field(name, _ARROW[kind]) for name, kind in zip(names, found, strict=True)])
    rows = data()
    with pq.ParquetWriter(target, schema, compression="zstd") as writer:
        while batch := list(islice(rows, max(1, min(_BATCH_ROWS, _BATCH_CELLS // len(first))))):
            arrays = [
                pa.array([_as(kind, row[at]) for _, row in batch], _ARROW[kind])
                for at, kind in zip(kept, found, strict=True)
            ]
            writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))


def _missing(parts: Parts) -> Iterator[str]:
    for cells, what in (
        (parts.errors, "an error such as #N/A"),
        (parts.unsaved, "a formula whose value was not saved"),
    ):
        if cells:
            count = "1 cell has" if len(cells) == 1 else f"{len(cells):,} cells have"
            yield f"{count} {what}, first {cells[0]}; {'it is' if len(cells) == 1 else 'they are'} empty"


def _sheet(workbook: CalamineWorkbook, wanted: str | None, notes: list[str]) -> CalamineSheet:
    sheets = [sheet for sheet in workbook.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
    names = [sheet.name for sheet in sheets]
    if wanted is not None:
        if wanted not in names:
            shown = names[:_SHOWN_SHEETS]
            raise Unreadable(f"There is no sheet '{wanted}'. There are: {', '.join(shown)}", {"sheets": shown})
        return workbook.get_sheet_by_name(wanted)
    shown = [sheet.name for sheet in sheets if sheet.visible == SheetVisibleEnum.Visible] or names
    if not shown:
        raise Unreadable("The workbook has no sheet")
    if len(shown) > 1:
        notes.append(f"The sheet '{shown[0]}' was read; there are also: {', '.join(shown[1:])}")
    return workbook.get_sheet_by_name(shown[0])


@dataclass
class _Column:
    """The values of a column, as far as they were seen."""

    counts: Counter[Kind] = field(default_factory=Counter)
    firsts: dict[Kind, tuple[int, Any]] = field(default_factory=dict)
    """Kind → the row and the value of the first that has it."""
    has_words: bool = False
    """Some cells have a word for nothing, such as NA."""

    def add(self, row: int, value: Any) -> None:
        kind = _kind(value)
        if isinstance(value, str) and value.strip() in NOTHING:
            self.has_words = True
            return
        self.counts[kind] += 1
        self.firsts.setdefault(kind, (row, value))

    @property
    def kind(self) -> Kind | None:
        """The narrowest kind that holds all values; None if there are none."""
        if not self.counts:
            return "text" if self.has_words else None
        return reduce(_both, self.counts)

    def note(self, name: str) -> str | None:
        """Tell of the few values for which a column of numbers, say, is one of texts."""
        total = self.counts.total()
        if self.kind != "text" or total < MIN_VALUES:
            return None
        for likely, kinds in _LIKELY.items():
            odd = total - sum(self.counts[kind] for kind in kinds)
            if total - odd >= NEARLY_ALL * total and odd:
                row, value = min(
                    (first for kind, first in self.firsts.items() if kind not in kinds), key=lambda first: first[0]
                )
                return tell_odd(name, likely, odd, f"{tell_first(_text(value) or '', row)} of the sheet")
        return None


def _columns(rows: Iterator[tuple[int, list[Any]]], width: int) -> list[_Column] | None:
    """Look at all values. None: there are no rows."""
    columns = [_Column() for _ in range(width)]
    count = 0
    for number, row in rows:
        count += 1
        for column, value in zip(columns, row, strict=True):
            if value != "":
                column.add(number, value)
    return columns if count else None


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
    if value == "" or (kind != "text" and isinstance(value, str)):
        return None  # a word such as NA is nothing among other values
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
    if isinstance(value, timedelta):
        return _duration(value)
    return str(value) if isinstance(value, str | int | float) else value.isoformat()


def _duration(value: timedelta) -> str:
    """Write a duration as sheets show it: 30:05:00 for one of more than a day."""
    microseconds = abs(value) // timedelta(microseconds=1)
    seconds, fraction = divmod(microseconds, 1_000_000)
    written = f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    written += f".{fraction:06}".rstrip("0") if fraction else ""
    return f"-{written}" if value < timedelta() else written
