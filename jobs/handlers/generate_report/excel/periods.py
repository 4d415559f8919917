"""Write the sheet of periods, beside the compared periods if there are any."""

from typing import Any

from jobs.handlers.generate_report.excel.charts import Place, insert_line
from jobs.handlers.generate_report.excel.formats import Formats, start_table, write_header, write_tally
from jobs.handlers.generate_report.excel.summary import write_change
from jobs.handlers.generate_report.excel.texts import write_text
from jobs.handlers.generate_report.figures.report import Figures
from jobs.handlers.generate_report.figures.tallies import Tally, change_of, change_percent, round_amount
from jobs.handlers.generate_report.wording import Words

_VALUE, _MORE = 4, 6


def write_periods(workbook: Any, formats: Formats, figures: Figures, words: Words, chart_at: Place | None) -> None:
    """Write the sheet of periods. ``chart_at``: the place of its chart, None for no chart."""
    sheet = workbook.add_worksheet("By period")
    more = [figures.previous.kind, "Difference", "Change"] if figures.previous else ["Change"]
    amounts = [words.with_unit(words.total), words.with_unit(words.average)]
    header = ["Period", "First day", "Last day", "Records", *amounts, *more]
    columns, last = len(header), len(figures.periods)
    earlier = [figures.previous.whole, *(tally for _, tally in figures.previous.periods)] if figures.previous else []
    start_table(sheet, header, [figures.whole, *(tally for _, tally in figures.periods), *earlier], [14])
    write_header(sheet, formats, header, 0)
    for row, (period, tally) in enumerate(figures.periods, start=1):
        write_text(sheet, row, 0, period.label)
        sheet.write_datetime(row, 1, period.first_day, formats.day)
        sheet.write_datetime(row, 2, period.last_day, formats.day)
        write_tally(sheet, row, 3, tally, formats.count, formats.money)
    sheet.autofilter(0, 0, last, columns - 1)
    for column in range(columns):
        sheet.write_blank(last + 1, column, None, formats.total)
    write_text(sheet, last + 1, 0, "Total", formats.total)
    write_tally(sheet, last + 1, 3, figures.whole, formats.total_count, formats.total_money)
    if figures.previous:
        _write_previous(sheet, formats, figures)
    else:
        _write_changes(sheet, formats, figures)
    if chart_at:
        title, previous = words.with_unit(f"{words.total} over time"), _MORE if figures.previous else None
        insert_line(workbook, title, sheet, last, value_column=_VALUE, previous=previous, place=chart_at)


def _write_changes(sheet: Any, formats: Formats, figures: Figures) -> None:
    """Write the change of each period against the one before."""
    before: Tally | None = None
    for row, (_, tally) in enumerate(figures.periods, start=1):
        if (change := change_percent(before, tally)) is not None:
            write_change(sheet, row, _MORE, change, formats.change)
        before = tally


def _write_previous(sheet: Any, formats: Formats, figures: Figures) -> None:
    assert figures.previous is not None
    pairs = [(now, before) for (_, now), (_, before) in zip(figures.periods, figures.previous.periods, strict=True)]
    styles = (formats.money, formats.difference, formats.change)
    for row, (now, before) in enumerate(pairs, start=1):
        _write_pair(sheet, row, now, before, styles)
    total_styles = (formats.total_money, formats.total_difference, formats.total_change)
    _write_pair(sheet, len(pairs) + 1, figures.whole, figures.previous.whole, total_styles)


def _write_pair(sheet: Any, row: int, now: Tally, before: Tally, styles: tuple[Any, Any, Any]) -> None:
    money, difference, change = styles
    sheet.write_number(row, _MORE, float(before.total), money)
    sheet.write_number(row, _MORE + 1, float(round_amount(now.exact_total - before.exact_total)), difference)
    write_change(sheet, row, _MORE + 2, change_of(before.exact_total, now.exact_total), change)
