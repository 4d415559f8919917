"""Insert Excel's own charts over the cells of a sheet."""

from typing import Any

from jobs.handlers.generate_report.excel.formats import ACCENT, LIGHT
from jobs.handlers.generate_report.excel.texts import MAX_PROPERTY_UNITS, clip

WIDTH, HEIGHT = 620, 320
"""Of a chart, in pixels."""
Place = tuple[Any, int, int]
"""A sheet, and the row and the column at which a chart begins."""


def insert_line(
    workbook: Any, title: str, table: Any, rows: int, *, value_column: int, previous: int | None, place: Place
) -> None:
    """Insert a line chart of the values of ``table`` over time. ``previous``: the column of the compared values."""
    chart = workbook.add_chart({"type": "line"})
    if previous is not None:
        chart.add_series(
            {
                **_cells(table, rows, previous),
                "name": [table.name, 0, previous],
                "line": {"color": LIGHT, "width": 1.75, "dash_type": "dash"},
            }
        )
    chart.add_series(
        {
            **_cells(table, rows, value_column),
            "name": [table.name, 0, value_column],
            "line": {"color": ACCENT, "width": 2.25},
            "marker": {"type": "circle", "size": 6, "fill": {"color": "#FFFFFF"}, "border": {"color": ACCENT}},
        }
    )
    chart.set_y_axis(_VALUES)
    _finish(chart, title, place, has_legend=previous is not None)


def insert_bars(workbook: Any, title: str, table: Any, rows: int, *, value_column: int, place: Place) -> None:
    chart = workbook.add_chart({"type": "bar"})
    chart.add_series({**_cells(table, rows, value_column), "fill": {"color": ACCENT}, "gap": 60})
    # Excel draws bars from the bottom up. Reversed, the largest bar is on top and the values stay below.
    chart.set_x_axis(_VALUES)
    chart.set_y_axis({"reverse": True, "crossing": "max", "major_gridlines": {"visible": False}})
    _finish(chart, title, place, has_legend=False)


_VALUES = {"num_format": "#,##0", "major_gridlines": {"visible": True, "line": {"color": "#E3E7EE"}}}


def _cells(sheet: Any, rows: int, column: int) -> dict[str, Any]:
    return {"categories": [sheet.name, 1, 0, rows, 0], "values": [sheet.name, 1, column, rows, column]}


def _finish(chart: Any, title: str, place: Place, *, has_legend: bool) -> None:
    chart.set_title(
        {"name": clip(title, MAX_PROPERTY_UNITS), "overlay": False, "name_font": {"size": 13, "bold": True}}
    )
    chart.set_legend({"position": "bottom"} if has_legend else {"none": True})
    chart.set_size({"width": WIDTH, "height": HEIGHT})
    sheet, row, column = place
    # The description is read out to people who do not see the chart.
    sheet.insert_chart(row, column, chart, {"description": title})
