"""Measure the records of a workbook in one query: the widths of their columns, and the room that their XML takes."""

from collections.abc import Mapping
from dataclasses import dataclass

from jobs.handlers.generate_report.records.columns import Column, Kind
from jobs.handlers.generate_report.records.selection import SELECTION, Selection

_CELL_BYTES, _CHARACTER_BYTES = 80, 7
_FIXED = {Kind.DATE: 12, Kind.MOMENT: 20, Kind.BOOLEAN: 9}
_MIN_TEXT, _MAX_TEXT = 10, 48
_MIN_NUMBER, _MAX_NUMBER = 12, 40
_SEPARATORS = 4 / 3


@dataclass(frozen=True, kw_only=True)
class Extent:
    widths: Mapping[str, int]
    """Column → the width in which every number, and most texts, are shown."""
    max_bytes: int
    """An upper bound for the size of one sheet's XML."""


def measure(selection: Selection) -> Extent:
    columns = list(selection.columns.all.values())
    asked = [(column, _longest_sql(column)) for column in columns if column.kind not in _FIXED]
    texts = [f"coalesce(sum(strlen({_text(column)})), 0)" for column in columns if column.kind is Kind.TEXT]
    parts = [*(sql for _, sql in asked), " + ".join(texts) or "0"]
    [(*lengths, characters)] = selection.reader.fetch(f"SELECT {', '.join(parts)} FROM {SELECTION}")
    found = {column.name: length or 0 for (column, _), length in zip(asked, lengths, strict=True)}
    return Extent(
        widths={column.name: _width(column, found.get(column.name, 0)) for column in columns},
        max_bytes=_CELL_BYTES * selection.records * (len(columns) + 1) + _CHARACTER_BYTES * int(characters),
    )


def _longest_sql(column: Column) -> str:
    """Return SQL for the length of the longest text or number of a column."""
    if column.kind is Kind.TEXT:
        return f"max(length({_text(column)}))"
    # The longest whole part is that of the smallest or the largest number.
    ends = (f"length(CAST({end}({column.sql}) AS VARCHAR))" for end in ("min", "max"))
    return f"greatest({', '.join(ends)})"


def _text(column: Column) -> str:
    return f"CAST({column.sql} AS VARCHAR)"


def _width(column: Column, length: int) -> int:
    if column.kind in _FIXED:
        return _FIXED[column.kind]
    if column.kind is Kind.TEXT:
        return max(_MIN_TEXT, min(_MAX_TEXT, length + 2))
    # With two decimals and thousands apart, as money is shown.
    return max(_MIN_NUMBER, min(_MAX_NUMBER, round(length * _SEPARATORS) + 5))
