"""Write the sheets that break the total down: by source, by category and by ``group_by``."""

import re
from collections.abc import Sequence
from typing import Any

from jobs.handlers.generate_report.excel.charts import Place, insert_bars
from jobs.handlers.generate_report.excel.formats import Formats, start_table, write_header, write_tally
from jobs.handlers.generate_report.excel.texts import MAX_SHEET_NAME_UNITS, clip_words, write_text
from jobs.handlers.generate_report.figures.breakdowns import Breakdown
from jobs.handlers.generate_report.figures.report import Figures
from jobs.handlers.generate_report.figures.tallies import Tally
from jobs.handlers.generate_report.wording import Words, inside

_MAX_BARS = 12
_EDGES = "' ,;.-"
"""Characters that no sheet name begins or ends with: Excel refuses some, the others look cut."""
_NO_SHEET_NAME = re.compile(r"[\[\]:*?/\\\x00-\x1f]")


def write_categories(workbook: Any, formats: Formats, figures: Figures, words: Words, chart_at: Place | None) -> None:
    """Write the sheet of categories. ``chart_at``: the place of its chart, None for no chart."""
    sheet = _write_sheet(workbook, formats, [words.category], figures.categories, figures.whole, words)
    shown = min(len(figures.categories.rows()), _MAX_BARS)
    if chart_at and shown:
        title = words.with_unit(f"{words.total} by {inside(words.category)}")
        insert_bars(workbook, title, sheet, shown, value_column=2, place=chart_at)


def write_sources(workbook: Any, formats: Formats, figures: Figures, words: Words) -> None:
    if figures.sources:
        _write_sheet(workbook, formats, ["Source"], figures.sources, figures.whole, words)


def write_groups(workbook: Any, formats: Formats, figures: Figures, words: Words) -> None:
    if figures.groups:
        names = [words.name_column(name) for name in figures.groups.columns]
        _write_sheet(workbook, formats, names, figures.groups, figures.whole, words)


def breakdown_header(names: Sequence[str], words: Words) -> list[str]:
    return [*names, "Records", words.with_unit(words.total), words.with_unit(words.average), "Share"]


def write_breakdown(
    sheet: Any, formats: Formats, names: Sequence[str], breakdown: Breakdown, whole: Tally, words: Words, row: int
) -> None:
    """Write a table from ``row`` on: names, records, total, average, share, and a last row with the whole."""
    width = len(names)
    write_header(sheet, formats, breakdown_header(names, words), row, width)
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
    workbook: Any, formats: Formats, names: Sequence[str], breakdown: Breakdown, whole: Tally, words: Words
) -> Any:
    taken = [sheet.name for sheet in workbook.worksheets()]
    by = " and ".join(names)
    sheet = workbook.add_worksheet(_sheet_name(f"By {inside(by)}", taken))
    lengths = [max([0, *(len(labels[column]) for labels, _ in breakdown.rows())]) for column in range(len(names))]
    tallies = [whole, *(tally for _, tally in breakdown.rows())]
    start_table(sheet, breakdown_header(names, words), tallies, lengths)
    write_breakdown(sheet, formats, names, breakdown, whole, words, 0)
    sheet.autofilter(0, 0, len(breakdown.rows()), len(names) + 3)
    return sheet


def _sheet_name(wanted: str, taken: Sequence[str]) -> str:
    """Return a sheet name that Excel accepts: short, without forbidden characters, and unique regardless of case."""
    clean = _NO_SHEET_NAME.sub(" ", wanted).strip(_EDGES)
    lower, number, name = {other.lower() for other in taken}, 1, clip_words(clean, MAX_SHEET_NAME_UNITS).rstrip(_EDGES)
    while name.lower() in lower:
        number += 1
        ending = f" ({number})"
        name = clip_words(clean, MAX_SHEET_NAME_UNITS - len(ending)) + ending
    return name
