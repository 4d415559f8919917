"""Write values as the cells of a sheet's XML, one column of a batch at a time."""

import math
import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from jobs.handlers.generate_report.excel.texts import MAX_CELL_UNITS, clip
from jobs.handlers.generate_report.records.columns import Column, Kind

_MAX_EXACT = 10**13
"""Larger numbers are written as text: Excel keeps fifteen digits, two of them cents, and would change the rest."""
_DAY_ZERO = date(1899, 12, 30).toordinal()
_MOMENT_ZERO = datetime(1899, 12, 30)
# Excel takes 1900 for a leap year, so days before March have other numbers. Days before 1900 have none.
_FIRST_DAY = date(1900, 3, 1)
_SPECIAL = re.compile("[&<>\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9a-fA-F]{4}_)")
_ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
_ONE_DAY = timedelta(days=1)

Write = Callable[[Any], str]
"""A value that is not None → the end of its cell's start tag, and the cell's content."""


def write_cells(values: Sequence[Any], write: Write, letters: str, style: str, first_row: int) -> list[str]:
    """Write the cells of one column from row ``first_row`` on, counted from 1; an empty text for a missing value."""
    start = f'<c r="{letters}'
    return [
        "" if value is None else f'{start}{row}"{style}{write(value)}</c>'
        for row, value in enumerate(values, start=first_row)
    ]


def writer_of(column: Column) -> Write:
    if column.type in ("FLOAT", "DOUBLE"):
        return _write_float
    return _WRITERS[column.kind]


def _write_number(value: Any) -> str:
    return f"><v>{value}</v>" if -_MAX_EXACT < value < _MAX_EXACT else _write_text(str(value))


def _write_float(value: float) -> str:
    return f"><v>{value!r}</v>" if math.isfinite(value) else ' t="e"><v>#NUM!</v>'


def _write_day(value: date) -> str:
    return f"><v>{value.toordinal() - _DAY_ZERO}</v>" if value >= _FIRST_DAY else _write_text(value.isoformat())


def _write_moment(value: datetime) -> str:
    if value.date() < _FIRST_DAY:
        return _write_text(value.isoformat(" "))
    return f"><v>{(value - _MOMENT_ZERO) / _ONE_DAY!r}</v>"


def _write_boolean(value: bool) -> str:
    return f' t="b"><v>{value:d}</v>'


def _write_text(value: str) -> str:
    text = clip(value, MAX_CELL_UNITS)
    if _SPECIAL.search(text):
        text = _SPECIAL.sub(_escape, text)
    space = ' xml:space="preserve"' if text != text.strip() else ""
    return f' t="inlineStr"><is><t{space}>{text}</t></is>'


def _escape(found: re.Match[str]) -> str:
    character = found.group()
    return _ENTITIES.get(character) or f"_x{ord(character):04X}_"


_WRITERS: dict[Kind, Write] = {
    Kind.NUMBER: _write_number,
    Kind.DATE: _write_day,
    Kind.MOMENT: _write_moment,
    Kind.BOOLEAN: _write_boolean,
    Kind.TEXT: _write_text,
}
