"""Write the sheets that break the total down: by source, by category and by ``group_by``."""

import re
from collections.abc import Sequence
from typing import Any

from jobs.handlers.generate_report.excel.charts import insert_bars
from jobs.handlers.generate_report.excel.formats import Formats, start_table, write_header, write_tally
from jobs.handlers.generate_report.excel.texts import MAX_SHEET_NAME_UNITS, clip, write_text
from jobs.handlers.generate_report.figures.breakdowns import Breakdown
from jobs.handlers.generate_report.figures.report import Figures
from jobs.handlers.generate_report.figures.tallies import Tally

_MAX_BARS = 12
_NO_SHEET_NAME = re.compile(r"[\[\]:*?/\\\x00-\x1f]")


def write_categories(workbook: Any, formats: Formats, figures: Figures, *, include_charts: bool) -> None:
    sheet = _write_sheet(workbook, formats, "By category", ["Category"], figures.categories, figures.whole)
    shown = min(len(figures.categories.rows()), _MAX_BARS)
    if include_charts and shown:
        insert_bars(workbook, sheet, shown, value_column=2, place=6)


def write_sources(workbook: Any, formats: Formats, figures: Figures) -> None:
    if figures.sources:
        _write_sheet(workbook, formats, "By source", ["Source"], figures.sources, figures.whole)


def write_groups(workbook: Any, formats: Formats, figures: Figures) -> None:
    if figures.groups:
        columns = figures.groups.columns
        taken = [sheet.name for sheet in workbook.worksheets()]
        name = _sheet_name(f"By {' and '.join(columns)}", taken)
        _write_sheet(workbook, formats, name, columns, figures.groups, figures.whole)


def write_breakdown(
    sheet: Any, formats: Formats, names: Sequence[str], breakdown: Breakdown, whole: Tally, row: int
) -> None:
    """Write a table from ``row`` on: names, records, total, average, share, and a last row with the whole."""
    width = len(names)
    write_header(sheet, formats, [*names, "Records", "Total value", "Average value", "Share"], row, width)
    rows = breakdown.rows()
    for number, (labels, tally) in enumerate(rows, start=row + 1):
        for column, label in enumerate(labels):
            write_text(sheet, number, column, label)
        write_tally(sheet, number, width, tally, formats.count, formats.money)
        if whole.exact_total:
            sheet.write_number(number, width + 3, float(tally.exact_total / whole.exact_total), formats.percent)
    last = row + len(rows) + 1
    for column in range(width):
        write_text(sheet, last, column, "" if column else "Total", formats.total)
    write_tally(sheet, last, width, whole, formats.total_count, formats.total_money)
    sheet.write_number(last, width + 3, 1 if whole.exact_total else 0, formats.total_percent)


def _write_sheet(
    workbook: Any, formats: Formats, title: str, names: Sequence[str], breakdown: Breakdown, whole: Tally
) -> Any:
    sheet = workbook.add_worksheet(title)
    start_table(sheet, len(names) + 4, len(names))
    write_breakdown(sheet, formats, names, breakdown, whole, 0)
    sheet.autofilter(0, 0, len(breakdown.rows()), len(names) + 3)
    return sheet


def _sheet_name(wanted: str, taken: Sequence[str]) -> str:
    """Return a sheet name that Excel accepts: short, without forbidden characters, and unique regardless of case."""
    clean = _NO_SHEET_NAME.sub(" ", wanted).strip("' ")
    lower, number, name = {other.lower() for other in taken}, 1, clip(clean, MAX_SHEET_NAME_UNITS).rstrip("' ")
    while name.lower() in lower:
        number += 1
        ending = f" ({number})"
        name = clip(clean, MAX_SHEET_NAME_UNITS - len(ending)) + ending
    return name
