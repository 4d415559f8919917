"""Lay out a page: heading, facts, table of metrics, up to four charts, note."""

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from jobs.handlers.process_data.learning.report import style

Row = tuple[str, str, str, str]
"""Metric, the model's value, the baseline's value, and the cross-validation or a remark."""
_LEFT, _RIGHT = 0.075, 0.925
_FIRST_CHART = 0.055
_REMARK_CHARACTERS, _MAX_REMARK_LINES = 132, 8


@dataclass(frozen=True, kw_only=True)
class Chart:
    title: str
    draw: Callable[[Axes], None]


@dataclass(frozen=True, kw_only=True)
class Page:
    title: str
    subtitle: str
    facts: Sequence[tuple[str, str]]
    """Label and value, four in a line."""
    heads: Row
    rows: Sequence[Row]
    charts: Sequence[Chart]
    remarks: Sequence[str] = ()
    """Sentences below the table."""
    note: str = ""


def write_page(page: Page, path: Path) -> None:
    """Write one A4 page as PDF. The same page gives the same bytes."""
    with mpl.rc_context(style.settings()):
        figure = Figure(figsize=style.PAGE_INCHES)
        FigureCanvasPdf(figure)
        top = _heading(figure, page)
        top = _facts(figure, page.facts, top)
        top = _table(figure, page, top)
        top = _remarks(figure, page.remarks, top)
        _charts(figure, page.charts, top)
        figure.text(_LEFT, 0.022, style.shorten(page.note, 170), fontsize=7, color=style.MUTED)
        figure.savefig(path, format="pdf", metadata={"Title": page.title, "CreationDate": None, "Producer": None})


def _heading(figure: Figure, page: Page) -> float:
    figure.text(_LEFT, 0.945, style.shorten(page.title, 48), fontsize=19, fontweight="medium")
    figure.text(_LEFT, 0.923, style.shorten(page.subtitle, 105), fontsize=9.5, color=style.ACCENT)
    return 0.905


def _facts(figure: Figure, facts: Sequence[tuple[str, str]], top: float) -> float:
    width = (_RIGHT - _LEFT) / 4
    for place, (label, value) in enumerate(facts):
        x, y = _LEFT + (place % 4) * width, top - (place // 4) * 0.036
        figure.text(x, y - 0.008, label, fontsize=7, color=style.MUTED)
        figure.text(x, y - 0.023, style.shorten(value, 30), fontsize=9.5, fontweight="medium")
    return top - 0.036 * -(-len(facts) // 4) - 0.006


def _table(figure: Figure, page: Page, top: float) -> float:
    step, ends = 0.0168, (_LEFT + 0.008, 0.47, 0.68, _RIGHT - 0.008)
    for place, row in enumerate([page.heads, *page.rows]):
        y = top - (place + 0.7) * step
        if place == 0 or place % 2 == 0:
            colour = style.ACCENT_PALE if place == 0 else style.PALE
            figure.add_artist(_row_background(figure, y - 0.3 * step, step, colour))
        for column, (x, text) in enumerate(zip(ends, row, strict=True)):
            figure.text(
                x,
                y,
                text,
                fontsize=8,
                ha="left" if column == 0 else "right",
                color=style.MUTED if column > 1 and place else style.INK,
                fontweight="medium" if place == 0 or column == 1 else "regular",
            )
    return top - (len(page.rows) + 1) * step - 0.012


def _remarks(figure: Figure, remarks: Sequence[str], top: float) -> float:
    step = 0.0135
    lines = [line for text in remarks for line in textwrap.wrap(style.shorten(text, 500), _REMARK_CHARACTERS)]
    for place, line in enumerate(lines[:_MAX_REMARK_LINES]):
        figure.text(_LEFT, top - (place + 0.3) * step, line, fontsize=7.5, color=style.INK)
    return top - step * min(len(lines), _MAX_REMARK_LINES) - (0.006 if lines else 0)


def _row_background(figure: Figure, bottom: float, height: float, colour: str) -> Any:
    return Rectangle((_LEFT, bottom), _RIGHT - _LEFT, height, transform=figure.transFigure, color=colour, linewidth=0)


def _charts(figure: Figure, charts: Sequence[Chart], top: float) -> None:
    """Put two charts in a line, each with its title above its left edge."""
    lines = -(-len(charts) // 2)
    height, width = (top - _FIRST_CHART) / lines, (_RIGHT - _LEFT + 0.04) / 2
    for place, chart in enumerate(charts):
        x, upper = _LEFT + (place % 2) * width, top - (place // 2) * height
        figure.text(x, upper - 0.016, style.shorten(chart.title, 46), fontsize=10, fontweight="medium")
        # The left part of a field is for the labels of its axis.
        axes = figure.add_axes((x + 0.1, upper - height + 0.045, width - 0.14, height - 0.075))
        chart.draw(axes)
