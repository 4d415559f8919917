"""Insert Excel's own charts over the cells of a sheet."""

from typing import Any

from jobs.handlers.generate_report.excel.formats import ACCENT, LIGHT


def insert_line(workbook: Any, sheet: Any, rows: int, value_column: int, place: int, previous: int | None) -> None:
    """Insert a line chart of values over time. ``previous``: the column of the compared values, a lighter line."""
    chart = workbook.add_chart({"type": "line"})
    if previous is not None:
        chart.add_series(
            {
                **_cells(sheet, rows, previous),
                "name": [sheet.name, 0, previous],
                "line": {"color": LIGHT, "width": 1.75, "dash_type": "dash"},
            }
        )
    chart.add_series(
        {
            **_cells(sheet, rows, value_column),
            "name": [sheet.name, 0, value_column],
            "line": {"color": ACCENT, "width": 2.25},
            "marker": {"type": "circle", "size": 6, "fill": {"color": "#FFFFFF"}, "border": {"color": ACCENT}},
        }
    )
    chart.set_y_axis(_VALUES)
    _finish(chart, "Total value over time", has_legend=previous is not None)
    sheet.insert_chart(1, place, chart)


def insert_bars(workbook: Any, sheet: Any, rows: int, value_column: int, place: int) -> None:
    chart = workbook.add_chart({"type": "bar"})
    chart.add_series({**_cells(sheet, rows, value_column), "fill": {"color": ACCENT}, "gap": 60})
    # Excel draws bars from the bottom up. Reversed, the largest bar is on top and the values stay below.
    chart.set_x_axis(_VALUES)
    chart.set_y_axis({"reverse": True, "crossing": "max", "major_gridlines": {"visible": False}})
    _finish(chart, "Total value by category", has_legend=False)
    sheet.insert_chart(1, place, chart)


_VALUES = {"num_format": "#,##0", "major_gridlines": {"visible": True, "line": {"color": "#E3E7EE"}}}


def _cells(sheet: Any, rows: int, column: int) -> dict[str, Any]:
    return {"categories": [sheet.name, 1, 0, rows, 0], "values": [sheet.name, 1, column, rows, column]}


def _finish(chart: Any, title: str, *, has_legend: bool) -> None:
    chart.set_title({"name": title, "name_font": {"size": 13, "bold": True}})
    chart.set_legend({"position": "bottom"} if has_legend else {"none": True})
    chart.set_size({"width": 760, "height": 360})
