"""Write the first sheet of a workbook: the report's facts, its key figures and its regions."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from jobs.handlers.generate_report.excel.breakdowns import breakdown_header, write_breakdown
from jobs.handlers.generate_report.excel.charts import HEIGHT, Place
from jobs.handlers.generate_report.excel.formats import (
    Formats,
    fit_width,
    number_width,
    prepare_print,
    write_header,
)
from jobs.handlers.generate_report.excel.texts import write_text
from jobs.handlers.generate_report.figures.report import Figures
from jobs.handlers.generate_report.figures.tallies import change_of, round_amount
from jobs.handlers.generate_report.findings import find_sentences
from jobs.handlers.generate_report.heading import Heading
from jobs.handlers.generate_report.wording import Words, inside

_COLUMNS = 5
"""The columns of facts and figures. Charts stand to their right."""
_LINE_HEIGHT, _MAX_LINES = 15, 12


def write_summary(
    workbook: Any, formats: Formats, heading: Heading, figures: Figures, *, include_charts: bool
) -> tuple[Place | None, Place | None]:
    """Write the sheet; return the places of the charts over time and by category, None without charts."""
    sheet, words = workbook.add_worksheet("Summary"), heading.words
    sheet.hide_gridlines(2)
    widths = _set_columns(sheet, figures, words)
    sheet.set_row(0, 28)
    prepare_print(sheet, pages=1)
    write_text(sheet, 0, 0, heading.title, formats.title)
    row = _write_sentences(sheet, formats, find_sentences(figures, words), sum(widths), 1)
    facts = [("Period", heading.days), ("Compared with", heading.compared_with), ("Source", heading.source)]
    facts += [("About", heading.source_description), ("Filters", heading.filters), ("Generated", heading.generated)]
    facts += [("Request", heading.request_id)]
    facts += [("Notes" if at == 0 else "", note) for at, note in enumerate(heading.notes)]
    row = _write_facts(sheet, formats, [fact for fact in facts if fact[1]], sum(widths[1:]), row + 1)
    if not figures.whole.records:
        write_text(sheet, row + 1, 0, "No records match this report.", formats.section)
    row = _write_key_figures(sheet, formats, figures, words, row + 3)
    if figures.regions:
        write_text(sheet, row + 1, 0, f"By {inside(words.region)}", formats.section)
        write_breakdown(sheet, formats, [words.region], figures.regions, figures.whole, words, row + 2)
    if not include_charts:
        return None, None
    line = (sheet, 1, _COLUMNS + 1)
    return line, (sheet, 1 + _rows_of(HEIGHT), _COLUMNS + 1)


def _set_columns(sheet: Any, figures: Figures, words: Words) -> list[int]:
    """Set the widths of the columns, and return them."""
    regions = figures.regions.rows() if figures.regions else []
    before = [figures.previous.whole] if figures.previous else []
    first = fit_width(max([0, *(len(labels[0]) for labels, _ in regions)]), least=24)
    width = number_width([figures.whole, *before, *(tally for _, tally in regions)])
    width = max(width, *(fit_width(len(head)) for head in breakdown_header([], words)))
    sheet.set_column(0, 0, first)
    sheet.set_column(1, _COLUMNS - 1, width)
    sheet.set_column(_COLUMNS, _COLUMNS, 3)
    return [first, *[width] * (_COLUMNS - 1)]


def _write_sentences(sheet: Any, formats: Formats, sentences: Sequence[str], width: int, row: int) -> int:
    for number, sentence in enumerate(sentences, start=row):
        _write_wide(sheet, number, 0, sentence, formats.text, width)
    return row + len(sentences)


def _write_facts(sheet: Any, formats: Formats, facts: Sequence[tuple[str, str]], width: int, row: int) -> int:
    for name, value in facts:
        write_text(sheet, row, 0, name, formats.name)
        _write_wide(sheet, row, 1, value, formats.text, width)
        row += 1
    return row


def _write_wide(sheet: Any, row: int, column: int, text: str, style: Any, width: int) -> None:
    """Write a text over all columns up to the charts, and make its row as high as its lines need."""
    sheet.merge_range(row, column, row, _COLUMNS - 1, "", style)
    write_text(sheet, row, column, text, style)
    lines = sum(1 + len(line) // max(1, width - 2) for line in text.split("\n"))
    sheet.set_row(row, _LINE_HEIGHT * min(_MAX_LINES, lines))


def _rows_of(pixels: int) -> int:
    """Return the rows of usual height that a chart covers, and one for the space below it."""
    return pixels // 20 + 1


def _write_key_figures(sheet: Any, formats: Formats, figures: Figures, words: Words, row: int) -> int:
    write_text(sheet, row, 0, "Key figures", formats.section)
    if figures.previous:
        row += 1
        write_header(sheet, formats, ["", "Now", figures.previous.kind, "Difference", "Change"], row)
    before, now = figures.previous.whole if figures.previous else None, figures.whole
    numbers = [
        (
            words.with_unit(words.total),
            before.exact_total if before else None,
            now.exact_total,
            formats.money,
            formats.difference,
        ),
        (
            "Records",
            Decimal(before.records) if before else None,
            Decimal(now.records),
            formats.count,
            formats.count_difference,
        ),
        (
            words.with_unit(words.average),
            before.exact_average if before else None,
            now.exact_average,
            formats.money,
            formats.difference,
        ),
    ]
    for name, earlier, later, style, difference in numbers:
        row += 1
        write_text(sheet, row, 0, name, formats.name)
        sheet.write_number(row, 1, float(round_amount(later)), style)
        if earlier is not None:
            sheet.write_number(row, 2, float(round_amount(earlier)), style)
            sheet.write_number(row, 3, float(round_amount(later - earlier)), difference)
            write_change(sheet, row, 4, change_of(earlier, later), formats.change)
    write_text(sheet, row + 1, 0, f"Top {inside(words.category)}", formats.name)
    write_text(sheet, row + 1, 1, figures.top_category or "–")
    return row + 2


def write_change(sheet: Any, row: int, column: int, percent: Decimal | None, style: Any) -> None:
    """Write the change as a percentage; a dash when there is nothing to compare with."""
    if percent is None:
        write_text(sheet, row, column, "–", style)
    else:
        sheet.write_number(row, column, float(percent / 100), style)
