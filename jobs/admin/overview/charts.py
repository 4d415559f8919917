"""The charts: lines of steps as inline SVG, without a style or a script, so that the content policy allows them.

Each step is one unit wide, and the plot is ``HEIGHT`` units high. A stretch that nobody knows is a gap.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from jobs.formatting import format_count, format_duration
from jobs.metrics.faults.limits import LAG_SECONDS
from jobs.metrics.history import Point, Span

HEIGHT: Final = 40
_TOP: Final = 2
Values = Sequence[float | None]


@dataclass(frozen=True, kw_only=True)
class Series:
    """One line or, with ``filled``, one area of a chart."""

    name: str
    """It chooses the colour in the style sheet."""
    label: str
    path: str
    filled: bool = False


@dataclass(frozen=True, kw_only=True)
class Chart:
    id: str
    title: str
    summary: str
    """The chart in words, for those who do not see it, and above it for all."""
    highest: str
    """The value at the top."""
    series: Sequence[Series]
    width: int
    """The number of steps."""
    begin: str
    """The ISO time of the first step."""
    step_seconds: int
    readings: str
    """JSON: the text of each step."""
    limit: str = ""
    """The height of the line of the limit, in units from the top. Empty: outside."""


def charts(points: Sequence[Point], span: Span) -> list[Chart]:
    """Draw lag, throughput and durations."""
    return [_lag(points, span), _throughput(points, span), _durations(points, span)]


def _lag(points: Sequence[Point], span: Span) -> Chart:
    lags = [point.lag_seconds for point in points]
    known = [lag for lag in lags if lag is not None]
    top = max(known, default=0.0) or 1.0
    limit = f"{_y(LAG_SECONDS, top):.1f}" if top >= LAG_SECONDS else ""
    summary = f"at most {format_duration(max(known))}, last {format_duration(known[-1])}" if known else "not known yet"
    series = [
        Series(name="lag", label="longest wait", path=area(lags, top), filled=True),
        Series(name="lag", label="", path=line(lags, top)),
    ]
    return _chart("lag", "Wait for a worker", summary, top, format_duration, series, points, span, _say_lag, limit)


def _say_lag(point: Point) -> str:
    return "not known" if point.lag_seconds is None else f"waited {format_duration(point.lag_seconds)} at most"


def _throughput(points: Sequence[Point], span: Span) -> Chart:
    names = ("submitted", "completed", "failed")
    values: dict[str, Values] = {
        name: [getattr(point, name) if point.minutes else None for point in points] for name in names
    }
    top = max((value for one in values.values() for value in one if value), default=0.0) or 1.0
    sums = {name: sum(value or 0 for value in one) for name, one in values.items()}
    summary = ", ".join(f"{format_count(int(count))} {name}" for name, count in sums.items())
    series = [
        Series(name="failed", label="failed", path=area(values["failed"], top), filled=True),
        Series(name="submitted", label="submitted", path=line(values["submitted"], top)),
        Series(name="completed", label="completed", path=line(values["completed"], top)),
    ]
    return _chart("throughput", "Requests", summary, top, _count, series, points, span, _say_throughput)


def _say_throughput(point: Point) -> str:
    if not point.minutes:
        return "not known"
    counts = (f"{format_count(getattr(point, name))} {name}" for name in ("submitted", "completed", "failed"))
    return ", ".join(counts)


def _durations(points: Sequence[Point], span: Span) -> Chart:
    halves, most = [point.ran_p50_seconds for point in points], [point.ran_p95_seconds for point in points]
    known = [value for value in most if value is not None]
    top = max(known, default=0.0) or 1.0
    summary = "nothing ended"
    if known:
        half = next(value for value in reversed(halves) if value is not None)
        summary = f"last: half within {format_duration(half)}, 95 % within {format_duration(known[-1])}"
    series = [
        Series(name="p95", label="95 % take less (p95)", path=line(most, top)),
        Series(name="p50", label="half take less (p50)", path=line(halves, top)),
    ]
    return _chart("durations", "Time to run", summary, top, format_duration, series, points, span, _say_durations)


def _say_durations(point: Point) -> str:
    if point.ran_p50_seconds is None or point.ran_p95_seconds is None:
        return "nothing ended"
    return f"half within {format_duration(point.ran_p50_seconds)}, 95 % within {format_duration(point.ran_p95_seconds)}"


def _count(value: float) -> str:
    return format_count(int(value))


def _chart(
    name: str,
    title: str,
    summary: str,
    top: float,
    write: Callable[[float], str],
    series: Sequence[Series],
    points: Sequence[Point],
    span: Span,
    say: Callable[[Point], str],
    limit: str = "",
) -> Chart:
    return Chart(
        id=f"chart-{name}",
        title=title,
        summary=summary,
        highest=write(top),
        series=series,
        width=len(points),
        begin=points[0].begin.isoformat(),
        step_seconds=int(span.step.total_seconds()),
        readings=json.dumps([say(point) for point in points]),
        limit=limit,
    )


def line(values: Values, top: float) -> str:
    """Return the path of a line of steps."""
    return " ".join(_steps(values, top))


def _steps(values: Values, top: float) -> Iterator[str]:
    is_drawing = False
    for index, value in enumerate(values):
        if value is not None:
            yield f"V{_y(value, top):.1f}" if is_drawing else f"M{index} {_y(value, top):.1f}"
            yield f"H{index + 1}"
        is_drawing = value is not None


def area(values: Values, top: float) -> str:
    """Return the path of the columns below a line of steps. Nothing is drawn for a value of 0."""
    columns = ((index, value) for index, value in enumerate(values) if value)
    return " ".join(f"M{index} {HEIGHT}V{_y(value, top):.1f}H{index + 1}V{HEIGHT}Z" for index, value in columns)


def _y(value: float, top: float) -> float:
    return HEIGHT - (HEIGHT - _TOP) * min(value / top, 1.0)
