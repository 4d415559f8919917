"""Write the first sheet of a workbook: the report's facts, its key figures and its regions."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from jobs.handlers.generate_report.excel.breakdowns import write_breakdown
from jobs.handlers.generate_report.excel.formats import Formats, prepare_print, write_header
from jobs.handlers.generate_report.excel.texts import write_text
from jobs.handlers.generate_report.figures.report import Figures
from jobs.handlers.generate_report.figures.tallies import change_of, round_cents
from jobs.handlers.generate_report.heading import Heading


def write_summary(workbook: Any, formats: Formats, heading: Heading, figures: Figures) -> None:
    sheet = workbook.add_worksheet("Summary")
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 4, 18)
    sheet.set_row(0, 28)
    prepare_print(sheet)
    write_text(sheet, 0, 0, heading.title, formats.title)
    facts = [("Period", heading.days), ("Compared with", heading.compared_with), ("Source", heading.source)]
    facts += [("About", heading.source_description), ("Filters", heading.filters), ("Generated", heading.generated)]
    facts += [("Notes" if at == 0 else "", note) for at, note in enumerate(heading.notes)]
    row = _write_facts(sheet, formats, [fact for fact in facts if fact[1]], 2)
    if not figures.whole.records:
        write_text(sheet, row + 1, 0, "No records match this report.", formats.section)
    row = _write_key_figures(sheet, formats, figures, row + 3)
    if figures.regions:
        write_text(sheet, row + 1, 0, "By region", formats.section)
        write_breakdown(sheet, formats, ["Region"], figures.regions, figures.whole, row + 2)


def _write_facts(sheet: Any, formats: Formats, facts: Sequence[tuple[str, str]], row: int) -> int:
    for name, value in facts:
        write_text(sheet, row, 0, name, formats.name)
        write_text(sheet, row, 1, value)
        row += 1
    return row


def _write_key_figures(sheet: Any, formats: Formats, figures: Figures, row: int) -> int:
    write_text(sheet, row, 0, "Key figures", formats.section)
    if figures.previous:
        row += 1
        write_header(sheet, formats, ["", "Now", figures.previous.kind, "Difference", "Change"], row)
    before, now = figures.previous.whole if figures.previous else None, figures.whole
    numbers = [
        ("Total value", before.exact_total if before else None, now.exact_total, formats.money, formats.difference),
        (
            "Records",
            Decimal(before.records) if before else None,
            Decimal(now.records),
            formats.count,
            formats.count_difference,
        ),
        (
            "Average value",
            before.exact_average if before else None,
            now.exact_average,
            formats.money,
            formats.difference,
        ),
    ]
    for name, earlier, later, style, difference in numbers:
        row += 1
        write_text(sheet, row, 0, name, formats.name)
        sheet.write_number(row, 1, float(round_cents(later)), style)
        if earlier is not None:
            sheet.write_number(row, 2, float(round_cents(earlier)), style)
            sheet.write_number(row, 3, float(round_cents(later - earlier)), difference)
            write_change(sheet, row, 4, change_of(earlier, later), formats.change)
    write_text(sheet, row + 1, 0, "Top category", formats.name)
    write_text(sheet, row + 1, 1, figures.top_category or "–")
    return row + 2


def write_change(sheet: Any, row: int, column: int, percent: Decimal | None, style: Any) -> None:
    """Write the change as a percentage; a dash when there is nothing to compare with."""
    if percent is None:
        write_text(sheet, row, column, "–", style)
    else:
        sheet.write_number(row, column, float(percent / 100), style)
