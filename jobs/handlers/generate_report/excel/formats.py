"""Define the cell formats of a workbook, its print settings, and the parts that its tables share."""

from collections.abc import Iterable, Sequence
from typing import Any

from jobs.handlers.generate_report.excel.texts import write_text
from jobs.handlers.generate_report.figures.tallies import Tally

ACCENT, PALE, LIGHT = "#2457C5", "#E9EFFC", "#A9BFEF"


class Formats:
    """The cell formats of a workbook."""

    def __init__(self, workbook: Any) -> None:
        self.title = workbook.add_format({"bold": True, "font_size": 18, "font_color": ACCENT})
        self.section = workbook.add_format({"bold": True, "font_size": 12, "font_color": ACCENT})
        self.name = workbook.add_format({"font_color": "#667085", "valign": "top"})
        self.text = workbook.add_format({"text_wrap": True, "valign": "top"})
        header = {"bold": True, "bg_color": ACCENT, "font_color": "#FFFFFF"}
        self.header = workbook.add_format(header)
        self.number_header = workbook.add_format({**header, "align": "right"})
        self.money = workbook.add_format({"num_format": "#,##0.00"})
        self.count = workbook.add_format({"num_format": "#,##0", "align": "right"})
        self.percent = workbook.add_format({"num_format": "0.0%"})
        self.change = workbook.add_format({"num_format": _CHANGE, "align": "right"})
        self.difference = workbook.add_format({"num_format": "+#,##0.00;[Red]-#,##0.00;0.00"})
        self.count_difference = workbook.add_format({"num_format": "+#,##0;[Red]-#,##0;0"})
        self.day = workbook.add_format({"num_format": "yyyy-mm-dd"})
        self.moment = workbook.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        total = {"bold": True, "top": 1, "bg_color": PALE}
        self.total = workbook.add_format(total)
        self.total_money = workbook.add_format({**total, "num_format": "#,##0.00"})
        self.total_count = workbook.add_format({**total, "num_format": "#,##0"})
        self.total_percent = workbook.add_format({**total, "num_format": "0.0%"})
        self.total_difference = workbook.add_format({**total, "num_format": "+#,##0.00;[Red]-#,##0.00;0.00"})
        self.total_change = workbook.add_format({**total, "num_format": _CHANGE, "align": "right"})


_CHANGE = "+0.0%;[Red]-0.0%;0.0%"
_MAX_WIDTH = 60


def prepare_print(sheet: Any, *, pages: int = 0) -> None:
    """Print on A4 landscape, one page wide and ``pages`` long, or as long as needed, with numbered pages."""
    sheet.set_paper(9)
    sheet.set_landscape()
    sheet.fit_to_pages(1, pages)
    sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.6)
    sheet.set_footer("&L&A&RPage &P of &N")


def start_table(sheet: Any, header: Sequence[str], tallies: Iterable[Tally], names: Sequence[int]) -> None:
    """Set up a sheet that is one table. ``names``: the lengths of the longest texts in its first columns."""
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    for column, length in enumerate(names):
        sheet.set_column(column, column, fit_width(max(length, len(header[column])), least=14))
    width = number_width(tallies)
    for column in range(len(names), len(header)):
        sheet.set_column(column, column, max(width, fit_width(len(header[column]))))
    prepare_print(sheet)


def fit_width(characters: int, *, least: int = 10) -> int:
    """Return the width of a column for texts of that length, with room for the button of a filter."""
    return max(least, min(_MAX_WIDTH, characters + 4))


def number_width(tallies: Iterable[Tally]) -> int:
    """Return the width of a column in which every amount is shown. Excel shows #### for one that does not fit."""
    amounts = [amount for tally in tallies for amount in (tally.total, tally.average)]
    return max([16, *(len(f"{amount:+,.2f}") + 3 for amount in amounts)])


def write_header(sheet: Any, formats: Formats, header: Sequence[str], row: int, names: int = 1) -> None:
    for column, text in enumerate(header):
        style = formats.header if column < names else formats.number_header
        write_text(sheet, row, column, text, style)


def write_tally(sheet: Any, row: int, column: int, tally: Tally, count: Any, money: Any) -> None:
    sheet.write_number(row, column, tally.records, count)
    sheet.write_number(row, column + 1, float(tally.total), money)
    sheet.write_number(row, column + 2, float(tally.average), money)
