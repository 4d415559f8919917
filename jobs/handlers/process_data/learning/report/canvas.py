"""Draw matplotlib figures onto the pages of a reportlab document: as vectors, and in the document's fonts."""

from collections.abc import Iterator
from typing import Any, cast

import matplotlib as mpl
import numpy as np
from matplotlib.backend_bases import FigureCanvasBase, GraphicsContextBase, RendererBase
from matplotlib.figure import Figure
from matplotlib.path import Path
from matplotlib.ticker import ScalarFormatter
from reportlab.lib.colors import Color
from reportlab.platypus import Flowable

from jobs.handler import group_thousands
from jobs.handlers.generate_report.pdf.fonts import BOLD, REGULAR, part_width, split_by_font, text_width
from jobs.handlers.process_data.learning.report import style
from jobs.handlers.process_data.learning.report.parts import Draw

_ASCENT, _DESCENT = 0.93, 0.21
"""Of a line of text, as shares of its size."""
_MEDIUM = 500
Dashes = tuple[float | None, list[float] | None]


class CanvasRenderer(RendererBase):
    """Draws on ``canvas``, whose origin is the figure's lower left corner. One pixel is one point."""

    def __init__(self, canvas: Any, width: float, height: float) -> None:
        super().__init__()
        self._canvas = canvas
        self._size = width, height

    def get_canvas_width_height(self) -> tuple[float, float]:
        return self._size

    def flipy(self) -> bool:
        return False

    def points_to_pixels(self, points: Any) -> Any:
        return points

    def get_text_width_height_descent(self, s: str, prop: Any, ismath: Any) -> tuple[float, float, float]:
        size = prop.get_size_in_points()
        return text_width(s, size, _font(prop)), (_ASCENT + _DESCENT) * size, _DESCENT * size

    def draw_text(
        self, gc: GraphicsContextBase, x: float, y: float, s: str, prop: Any, angle: float, *_: Any, **__: Any
    ) -> None:
        size = prop.get_size_in_points()
        self._canvas.saveState()
        self._canvas.translate(x, y)
        self._canvas.rotate(angle)
        self._canvas.setFillColor(_colour(gc.get_rgb()))
        place = 0.0
        for font, part in split_by_font(s, _font(prop)):
            self._canvas.setFont(font, size)
            self._canvas.drawString(place, 0, part)
            place += part_width(part, font, size)
        self._canvas.restoreState()

    def draw_path(self, gc: GraphicsContextBase, path: Path, transform: Any, rgbFace: Any = None) -> None:
        self._canvas.saveState()
        self._set_up(gc, rgbFace)
        self._paint(gc, self._trace(path, transform), rgbFace)
        self._canvas.restoreState()

    def draw_markers(
        self,
        gc: GraphicsContextBase,
        marker_path: Path,
        marker_trans: Any,
        path: Path,
        trans: Any,
        rgbFace: Any = None,
    ) -> None:
        """Draw one shape at many places. It is traced once, because a chart has thousands."""
        shape = self._trace(marker_path, marker_trans)
        self._canvas.saveState()
        self._set_up(gc, rgbFace)
        before = np.zeros(2)
        for points, _ in path.iter_segments(trans, simplify=False):
            place = np.asarray(points[-2:])
            self._canvas.translate(*(place - before))
            self._paint(gc, shape, rgbFace)
            before = place
        self._canvas.restoreState()

    def _set_up(self, gc: GraphicsContextBase, face: Any) -> None:
        if (clip := gc.get_clip_rectangle()) is not None:
            box = self._canvas.beginPath()
            box.rect(clip.x0, clip.y0, clip.width, clip.height)
            self._canvas.clipPath(box, stroke=0, fill=0)
        self._canvas.setLineWidth(gc.get_linewidth())
        self._canvas.setLineJoin({"miter": 0, "round": 1, "bevel": 2}[gc.get_joinstyle()])
        self._canvas.setLineCap({"butt": 0, "round": 1, "projecting": 2}[gc.get_capstyle()])
        offset, dashes = cast(Dashes, gc.get_dashes())
        self._canvas.setDash(dashes or [], offset or 0)
        self._canvas.setStrokeColor(_colour(gc.get_rgb()))
        if face is not None:
            # Without an opacity of its own, an artist draws lines and faces alike.
            alpha = gc.get_alpha() if gc.get_forced_alpha() or len(face) == 3 else face[3]
            self._canvas.setFillColor(_colour((*face[:3], alpha)))

    def _paint(self, gc: GraphicsContextBase, shape: Any, face: Any) -> None:
        self._canvas.drawPath(shape, stroke=int(gc.get_linewidth() > 0), fill=int(face is not None))

    def _trace(self, path: Path, transform: Any) -> Any:
        traced = self._canvas.beginPath()
        last: Any = (0.0, 0.0)
        for points, code in path.iter_segments(transform, remove_nans=True):
            if code == Path.MOVETO:
                traced.moveTo(*points)
            elif code == Path.LINETO:
                traced.lineTo(*points)
            elif code == Path.CURVE4:
                traced.curveTo(*points)
            elif code == Path.CURVE3:
                traced.curveTo(*_as_cubic(last, points))
            else:
                traced.close()
            last = points[-2:]
        return traced


class _Grouped(ScalarFormatter):
    """Writes ``10,000`` at an axis. Four digits stay as they are, because they may be a year."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        return group_thousands(super().__call__(x, pos))


class _Canvas(FigureCanvasBase):
    """Lets matplotlib measure texts as the document will draw them."""

    def get_renderer(self) -> CanvasRenderer:
        return CanvasRenderer(None, *self.figure.bbox.size)


class ChartFlowable(Flowable):  # type: ignore[misc]  # reportlab is untyped
    """A chart of ``width`` by ``height`` points. It is drawn only when its page is."""

    def __init__(self, draw: Draw, width: float, height: float) -> None:
        super().__init__()
        self._draw_axes = draw
        self.width, self.height = width, height

    def wrap(self, *_: float) -> tuple[float, float]:
        return self.width, self.height

    def draw(self) -> None:
        if self.canv.is_trial:
            return
        with style.chart_settings():
            figure = make_figure(self._draw_axes, self.width, self.height)
            figure.draw(CanvasRenderer(self.canv, self.width, self.height))


def make_figure(draw: Draw, width: float, height: float) -> Figure:
    """Return the figure of a chart, in points, with its axes and legend fitted into it."""
    figure = Figure(figsize=(width / 72, height / 72), dpi=72, layout="constrained")
    figure.patch.set_visible(False)
    _Canvas(figure)
    axes = figure.add_subplot()
    draw(axes)
    for axis in (axes.xaxis, axes.yaxis):
        if type(axis.get_major_formatter()) is ScalarFormatter:
            axis.set_major_formatter(_Grouped())
    return figure


def measure(draw: Draw, width: float, height: float) -> Figure:
    """Return the figure as ``make_figure`` does, laid out, so that its parts can be measured."""
    with style.chart_settings():
        figure = make_figure(draw, width, height)
        figure.draw_without_rendering()
    return figure


def _as_cubic(start: Any, points: Any) -> Iterator[float]:
    """Return the two control points and the end of the cubic curve that is this quadratic one."""
    (x0, y0), (x1, y1), (x2, y2) = start, points[:2], points[2:]
    yield from (x0 + 2 / 3 * (x1 - x0), y0 + 2 / 3 * (y1 - y0))
    yield from (x2 + 2 / 3 * (x1 - x2), y2 + 2 / 3 * (y1 - y2))
    yield from (x2, y2)


def _font(prop: Any) -> str:
    weight = prop.get_weight()
    number = weight if isinstance(weight, int) else mpl.font_manager.weight_dict.get(weight, 400)
    return BOLD if number >= _MEDIUM else REGULAR


def _colour(rgba: Any) -> Color:
    red, green, blue, *alpha = (float(part) for part in rgba)
    return Color(red, green, blue, alpha=alpha[0] if alpha else 1)
