"""Draw the charts of a PDF as vectors: a line over the periods, bars for the categories."""

import math
from collections.abc import Sequence
from itertools import chain

from reportlab.graphics.shapes import Circle, Drawing, Group, Line, Polygon, PolyLine, Rect, String
from reportlab.lib.colors import Color, white

from jobs.handlers.generate_report.pdf.axis import Axis, fit_axis
from jobs.handlers.generate_report.pdf.fonts import REGULAR, cut_text, part_width, split_by_font, text_width
from jobs.handlers.generate_report.pdf.style import ACCENT, ACCENT_LIGHT, ACCENT_PALE, INK, MUTED, RULE
from jobs.handlers.generate_report.wording import write_amount

Points = Sequence[tuple[str, float]]
"""Label and value of each point."""

_SIZE = 8.0
_LINE_HEIGHT = 165.0
_LEGEND_HEIGHT = 20.0
_BAR_HEIGHT, _BAR_GAP = 13.0, 8.0
_MIN_LABEL_GAP = 10.0


def line_chart(
    points: Points, width: float, earlier: Sequence[float] = (), earlier_name: str = "", *, room: float = 1.0
) -> Drawing:
    """Draw values over time, ``width`` points wide. Labels that would touch are left out.

    ``earlier``: the compared values, one for each point, drawn as a lighter line that is named ``earlier_name``.
    ``room``: a factor for the height.
    """
    axis = fit_axis([*(value for _, value in points), *earlier])
    left = max(text_width(axis.label(mark), _SIZE) for mark in axis.marks) + 8
    height = _LINE_HEIGHT * room
    bottom, plot_height = 20.0, height - 28
    right_room = text_width(points[-1][0], _SIZE) / 2
    drawing = Drawing(width, height + (_LEGEND_HEIGHT if earlier else 0))
    _draw_horizontal_grid(drawing, axis, left, bottom, width, plot_height)
    first = left + max(10.0, text_width(points[0][0], _SIZE) / 2)
    step = (width - right_room - first) / max(1, len(points) - 1)

    def places(values: Sequence[float]) -> list[tuple[float, float]]:
        return [(first + number * step, bottom + axis.place(value, plot_height)) for number, value in enumerate(values)]

    now = places([value for _, value in points])
    zero = bottom + axis.place(0, plot_height)
    _draw_area(drawing, now, zero)
    if earlier:
        _draw_earlier(drawing, places(earlier))
        _draw_legend(drawing, left, height + 6, earlier_name)
    _draw_line(drawing, now)
    _label_below(drawing, points, now, bottom, step)
    return drawing


def bar_chart(points: Points, width: float, *, room: float = 1.0) -> Drawing:
    """Draw one horizontal bar per label with its value at the end, ``width`` points wide."""
    axis = fit_axis([value for _, value in points])
    names = min(width * 0.3, max(text_width(label, _SIZE + 1) for label, _ in points) + 10)
    # Half of the first label of the axis stands below the names.
    names = max(names, text_width(axis.label(axis.low), _SIZE) / 2)
    values = max(text_width(write_amount(value), _SIZE + 1) for _, value in points) + 8
    length = width - names - values
    bar, pitch = _BAR_HEIGHT * room, (_BAR_HEIGHT + _BAR_GAP) * room
    height = len(points) * pitch + 18
    drawing = Drawing(width, height)
    _draw_vertical_grid(drawing, axis, names, length, height)
    zero = names + axis.place(0, length)
    for number, (label, value) in enumerate(points):
        y = height - (number + 1) * pitch + _BAR_GAP * room / 2
        end = names + axis.place(value, length)
        shown = cut_text(label, names - 10, _SIZE + 1)
        drawing.add(_text(shown, names - 8, y + bar / 2 - 3, _SIZE + 1, INK, anchor="end"))
        drawing.add(Rect(min(zero, end), y, abs(end - zero), bar, fillColor=ACCENT, strokeColor=None))
        # White behind the number, so that no grid line crosses it.
        number_width = text_width(write_amount(value), _SIZE + 1) + 6
        drawing.add(Rect(max(zero, end) + 2, y, number_width, bar, fillColor=white, strokeColor=None))
        drawing.add(_text(write_amount(value), max(zero, end) + 5, y + bar / 2 - 3, _SIZE + 1, INK))
    return drawing


def _draw_horizontal_grid(
    drawing: Drawing, axis: Axis, left: float, bottom: float, width: float, plot_height: float
) -> None:
    for mark in axis.marks:
        y = bottom + axis.place(mark, plot_height)
        colour = MUTED if abs(mark) < axis.step / 1000 else RULE
        drawing.add(Line(left, y, width, y, strokeColor=colour, strokeWidth=0.6))
        drawing.add(_text(axis.label(mark), left - 6, y - 2.6, _SIZE, MUTED, anchor="end"))


def _draw_vertical_grid(drawing: Drawing, axis: Axis, left: float, length: float, height: float) -> None:
    widest = max(text_width(axis.label(mark), _SIZE) for mark in axis.marks) + _MIN_LABEL_GAP
    every = max(1, math.ceil(widest * (len(axis.marks) - 1) / length))
    for number, mark in enumerate(axis.marks):
        x = left + axis.place(mark, length)
        colour = MUTED if abs(mark) < axis.step / 1000 else RULE
        drawing.add(Line(x, 16, x, height, strokeColor=colour, strokeWidth=0.6))
        if number % every == 0:
            drawing.add(_text(axis.label(mark), x, 4, _SIZE, MUTED, anchor="middle"))


def _draw_area(drawing: Drawing, places: list[tuple[float, float]], zero: float) -> None:
    area = [places[0][0], zero, *chain.from_iterable(places), places[-1][0], zero]
    drawing.add(Polygon(area, fillColor=ACCENT_PALE, strokeColor=None))


def _draw_line(drawing: Drawing, places: list[tuple[float, float]]) -> None:
    flat = list(chain.from_iterable(places))
    drawing.add(PolyLine(flat, strokeColor=ACCENT, strokeWidth=1.8, strokeLineJoin=1, strokeLineCap=1))
    for x, y in places:
        drawing.add(Circle(x, y, 2.6, fillColor=white, strokeColor=ACCENT, strokeWidth=1.4))


def _draw_earlier(drawing: Drawing, places: list[tuple[float, float]]) -> None:
    flat = list(chain.from_iterable(places))
    drawing.add(PolyLine(flat, strokeColor=ACCENT_LIGHT, strokeWidth=1.4, strokeLineJoin=1, strokeDashArray=[4, 3]))


def _draw_legend(drawing: Drawing, x: float, y: float, earlier_name: str) -> None:
    for name, colour, dashes in (("This report", ACCENT, None), (earlier_name, ACCENT_LIGHT, [4, 3])):
        drawing.add(Line(x, y + 2.6, x + 18, y + 2.6, strokeColor=colour, strokeWidth=1.8, strokeDashArray=dashes))
        drawing.add(_text(name, x + 23, y, _SIZE, MUTED))
        x += 23 + text_width(name, _SIZE) + 18


def _label_below(
    drawing: Drawing, points: Points, places: list[tuple[float, float]], bottom: float, step: float
) -> None:
    widest = max(text_width(label, _SIZE) for label, _ in points) + _MIN_LABEL_GAP
    every = max(1, -(-int(widest) // max(1, int(step)))) if len(points) > 1 else 1
    for (label, _), (x, _y) in list(zip(points, places, strict=True))[::every]:
        drawing.add(_text(label, x, bottom - 13, _SIZE, MUTED, anchor="middle"))


def _text(text: str, x: float, y: float, size: float, colour: Color, anchor: str = "start") -> Group:
    """Place a text part by part, because it may need several fonts."""
    x -= {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor] * text_width(text, size)
    group = Group()
    for font, part in split_by_font(text, REGULAR):
        group.add(String(x, y, part, fontName=font, fontSize=size, fillColor=colour))
        x += part_width(part, font, size)
    return group
