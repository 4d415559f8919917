"""The rows of a sheet, with the values of merged cells in each of their cells."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from python_calamine import CalamineSheet

from jobs.data.datasets.failures import Unreadable
from jobs.data.datasets.formats.workbook_parts import Merged

_LOOKED_AT = 1_000
# A merged cell that ends where sheets end is a whole row or column, and one that goes far beyond all values is
# formatting: it makes the table no larger.
_LAST_ROWS = (65_535, 1_048_575)
_LAST_COLUMNS = (255, 1_023, 16_383)
_MOST_BEYOND = 1_000


class SheetRows:
    """Gives the rows that have any value; "" stands for an empty cell. Can be gone through more than once."""

    def __init__(self, sheet: CalamineSheet, merged: Sequence[Merged]) -> None:
        self._sheet = sheet
        self._merged: dict[int, list[Merged]] = {}
        self._height = self._width = 0
        if sheet.start is None or sheet.end is None:
            return
        (top, self._left), (bottom, right) = sheet.start, sheet.end
        covered = 0
        for area in merged:
            if not (top <= area.top <= sheet.end[0] and self._left <= area.left <= sheet.end[1]):
                continue  # it has no value
            ends = (
                _clipped(area.bottom, sheet.end[0], _LAST_ROWS),
                _clipped(area.right, sheet.end[1], _LAST_COLUMNS),
            )
            clipped = Merged(area.top, area.left, *ends)
            self._merged.setdefault(clipped.top, []).append(clipped)
            covered += (clipped.bottom - clipped.top + 1) * (clipped.right - clipped.left + 1)
            bottom, right = max(bottom, ends[0]), max(right, ends[1])
        self._height, self._width = bottom + 1, right - self._left + 1
        if covered > self._height * self._width:
            # Each of them is filled in, so that overlapping ones would take any time.
            raise Unreadable("The sheet has merged cells that overlap")

    def __iter__(self) -> Iterator[list[Any]]:
        for _, row in self.numbered():
            yield row

    def numbered(self) -> Iterator[tuple[int, list[Any]]]:
        """The rows with their numbers in the sheet, from 1."""
        open_areas: list[tuple[Merged, Any]] = []
        for number, row in enumerate(self._all()):
            for area in self._merged.get(number, ()):
                open_areas.append((area, row[area.left - self._left]))
            for area, value in open_areas:
                row[area.left - self._left : area.right - self._left + 1] = [value] * (area.right - area.left + 1)
            if open_areas:
                open_areas = [item for item in open_areas if item[0].bottom > number]
            if any(value != "" for value in row):
                yield number + 1, row

    def _all(self) -> Iterator[list[Any]]:
        """Yield the rows, down to and across to where merged cells reach."""
        if not self._height:
            return
        count = 0
        # They begin with the first row of the sheet, and with the first column that has a value.
        for row in self._sheet.iter_rows():
            count += 1
            yield row + [""] * (self._width - len(row))
        for _ in range(self._height - count):
            yield [""] * self._width


def _clipped(end: int, last: int, of_sheets: Sequence[int]) -> int:
    """Return the last row or column of a merged cell, in a sheet whose last value is in ``last``."""
    return last if end in of_sheets or end > last + _MOST_BEYOND else end


def titles(rows: SheetRows) -> Iterator[str]:
    """A note when the first row looks like a title above the header: one value, where most rows have several."""
    first, *others = [
        (number, len(set(row) - {""}) if at == 0 else sum(value != "" for value in row))
        for at, (number, row) in enumerate(islice(rows.numbered(), _LOOKED_AT))
    ]
    if first[1] != 1 or not others:
        return
    common, times = Counter(count for _, count in others).most_common(1)[0]
    if common > 1 and times >= len(others) / 2:
        begins = next(number for number, count in others if count == common)
        yield (
            f"Row {first[0]} has one value, but from row {begins} on most rows have {common}: "
            "delete what stands above the header"
        )
