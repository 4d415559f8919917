"""The sheets of a workbook that hold the figures, with Excel's own charts."""

from collections.abc import Sequence
from typing import Any

from jobs.handlers.generate_report.figures import Figures, Tally, change_percent
from jobs.handlers.generate_report.heading import Heading

_ACCENT, _PALE = "#2457C5", "#E9EFFC"
_MOST_BARS = 12


class Look:
    """The cell formats of a workbook."""

    def __init__(self, workbook: Any) -> None:
        self.title = workbook.add_format({"bold": True, "font_size": 18, "font_color": _ACCENT})
        self.section = workbook.add_format({"bold": True, "font_size": 12, "font_color": _ACCENT})
        self.name = workbook.add_format({"font_color": "#667085", "valign": "top"})
        self.text = workbook.add_format({"text_wrap": True, "valign": "top"})
        header = {"bold": True, "bg_color": _ACCENT, "font_color": "#FFFFFF"}
        self.header = workbook.add_format(header)
        self.number_header = workbook.add_format({**header, "align": "right"})
        self.money = workbook.add_format({"num_format": "#,##0.00"})
        self.count = workbook.add_format({"num_format": "#,##0", "align": "right"})
        self.percent = workbook.add_format({"num_format": "0.0%"})
        self.change = workbook.add_format({"num_format": "+0.0%;[Red]-0.0%;0.0%"})
        self.day = workbook.add_format({"num_format": "yyyy-mm-dd"})
        self.moment = workbook.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"})
        self.total = workbook.add_format({"bold": True, "top": 1, "bg_color": _PALE})
        self.total_money = workbook.add_format({"bold": True, "top": 1, "bg_color": _PALE, "num_format": "#,##0.00"})
        self.total_count = workbook.add_format({"bold": True, "top": 1, "bg_color": _PALE, "num_format": "#,##0"})
        self.total_percent = workbook.add_format({"bold": True, "top": 1, "bg_color": _PALE, "num_format": "0.0%"})


def write_summary(workbook: Any, look: Look, heading: Heading, figures: Figures) -> None:
    sheet = workbook.add_worksheet("Summary")
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 4, 18)
    sheet.set_row(0, 28)
    prepare_print(sheet)
    sheet.write_string(0, 0, heading.title, look.title)
    facts = [("Period", heading.days), ("Source", heading.source), ("About", heading.source_description)]
    facts += [("Filters", heading.filters), ("Generated", heading.generated)]
    row = _write_facts(sheet, look, [fact for fact in facts if fact[1]], 2)
    if not figures.whole.records:
        sheet.write_string(row + 1, 0, "No records match this report.", look.section)
    row = _write_key_figures(sheet, look, figures, row + 3)
    if figures.regions:
        sheet.write_string(row + 1, 0, "By region", look.section)
        _write_breakdown(sheet, look, "Region", figures.regions.rows(), figures.whole, row + 2)


def write_periods(workbook: Any, look: Look, figures: Figures, *, include_charts: bool) -> None:
    sheet = workbook.add_worksheet("By period")
    _start_table(sheet, columns=7)
    header = ["Period", "First day", "Last day", "Records", "Total value", "Average value", "Change"]
    _write_header(sheet, look, header, 0)
    before: Tally | None = None
    for row, (period, tally) in enumerate(figures.periods, start=1):
        sheet.write_string(row, 0, period.label)
        sheet.write_datetime(row, 1, period.first_day, look.day)
        sheet.write_datetime(row, 2, period.last_day, look.day)
        _write_tally(sheet, row, 3, tally, look.count, look.money)
        if (change := change_percent(before, tally)) is not None:
            sheet.write_number(row, 6, float(change / 100), look.change)
        before = tally
    last = len(figures.periods)
    sheet.autofilter(0, 0, last, 6)
    for column in range(7):
        sheet.write_blank(last + 1, column, None, look.total)
    sheet.write_string(last + 1, 0, "Total", look.total)
    _write_tally(sheet, last + 1, 3, figures.whole, look.total_count, look.total_money)
    if include_charts:
        _insert_chart(workbook, sheet, "line", "Total value over time", last, value_column=4)


def write_categories(workbook: Any, look: Look, figures: Figures, *, include_charts: bool) -> None:
    sheet = workbook.add_worksheet("By category")
    _start_table(sheet, columns=5)
    rows = figures.categories.rows()
    _write_breakdown(sheet, look, "Category", rows, figures.whole, 0)
    sheet.autofilter(0, 0, len(rows), 4)
    if include_charts and rows:
        shown = min(len(rows), _MOST_BARS)
        _insert_chart(workbook, sheet, "bar", "Total value by category", shown, value_column=2)


def _write_facts(sheet: Any, look: Look, facts: Sequence[tuple[str, str]], row: int) -> int:
    for name, value in facts:
        sheet.write_string(row, 0, name, look.name)
        sheet.write_string(row, 1, value)
        row += 1
    return row


def _write_key_figures(sheet: Any, look: Look, figures: Figures, row: int) -> int:
    sheet.write_string(row, 0, "Key figures", look.section)
    sheet.write_string(row + 1, 0, "Total value", look.name)
    sheet.write_number(row + 1, 1, float(figures.whole.total), look.money)
    sheet.write_string(row + 2, 0, "Records", look.name)
    sheet.write_number(row + 2, 1, figures.whole.records, look.count)
    sheet.write_string(row + 3, 0, "Average value", look.name)
    sheet.write_number(row + 3, 1, float(figures.whole.average), look.money)
    sheet.write_string(row + 4, 0, "Top category", look.name)
    sheet.write_string(row + 4, 1, figures.top_category or "–")
    return row + 5


def _start_table(sheet: Any, columns: int) -> None:
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, columns - 1, 16)
    prepare_print(sheet)


def _write_header(sheet: Any, look: Look, header: Sequence[str], row: int) -> None:
    sheet.write_string(row, 0, header[0], look.header)
    sheet.write_row(row, 1, header[1:], look.number_header)


def prepare_print(sheet: Any) -> None:
    """A4, landscape, as many pages long as it takes but one wide."""
    sheet.set_paper(9)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)


def _write_breakdown(
    sheet: Any, look: Look, name: str, rows: Sequence[tuple[str, Tally]], whole: Tally, row: int
) -> None:
    _write_header(sheet, look, [name, "Records", "Total value", "Average value", "Share"], row)
    for number, (label, tally) in enumerate(rows, start=row + 1):
        sheet.write_string(number, 0, label[:32_767])
        _write_tally(sheet, number, 1, tally, look.count, look.money)
        if whole.exact_total:
            sheet.write_number(number, 4, float(tally.exact_total / whole.exact_total), look.percent)
    last = row + len(rows) + 1
    sheet.write_string(last, 0, "Total", look.total)
    _write_tally(sheet, last, 1, whole, look.total_count, look.total_money)
    sheet.write_number(last, 4, 1 if whole.exact_total else 0, look.total_percent)


def _write_tally(sheet: Any, row: int, column: int, tally: Tally, count: Any, money: Any) -> None:
    sheet.write_number(row, column, tally.records, count)
    sheet.write_number(row, column + 1, float(tally.total), money)
    sheet.write_number(row, column + 2, float(tally.average), money)


def _insert_chart(workbook: Any, sheet: Any, kind: str, title: str, rows: int, *, value_column: int) -> None:
    chart = workbook.add_chart({"type": kind})
    chart.add_series(
        {
            "categories": [sheet.name, 1, 0, rows, 0],
            "values": [sheet.name, 1, value_column, rows, value_column],
            "line": {"color": _ACCENT, "width": 2.25},
            "fill": {"color": _ACCENT},
            "marker": {"type": "circle", "size": 6, "fill": {"color": "#FFFFFF"}, "border": {"color": _ACCENT}},
            "gap": 60,
        }
    )
    chart.set_title({"name": title, "name_font": {"size": 13, "bold": True}})
    chart.set_legend({"none": True})
    values = {"num_format": "#,##0", "major_gridlines": {"visible": True, "line": {"color": "#E3E7EE"}}}
    if kind == "bar":
        # Excel draws bars from the bottom up; reversed, the largest is on top and the values stay below.
        chart.set_x_axis(values)
        chart.set_y_axis({"reverse": True, "crossing": "max", "major_gridlines": {"visible": False}})
    else:
        chart.set_y_axis(values)
    chart.set_size({"width": 760, "height": 360})
    sheet.insert_chart(1, value_column + 4 if kind == "line" else 6, chart)
