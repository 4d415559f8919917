"""The history of the service for a chart: one point for each step of a span, summed up from its minutes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from django.core.cache import cache

from jobs.metrics.buckets import Buckets, add, empty, percentile
from jobs.models import ServiceMinute

_KEY: Final = "streamer-history"
_COLUMNS: Final = ("minute", "lag_seconds", "submitted", "completed", "failed", "cancelled", "waited", "ran")


@dataclass(frozen=True, kw_only=True)
class Span:
    """A stretch of time that ends now, and the steps in which it is shown."""

    name: str
    label: str
    length: timedelta
    step: timedelta
    kept_seconds: float
    """Its points may be this old."""


SPANS: Final[Mapping[str, Span]] = {
    span.name: span
    for span in (
        Span(name="1h", label="1 h", length=timedelta(hours=1), step=timedelta(minutes=1), kept_seconds=5),
        Span(name="24h", label="24 h", length=timedelta(hours=24), step=timedelta(minutes=15), kept_seconds=30),
        Span(name="7d", label="7 d", length=timedelta(days=7), step=timedelta(hours=2), kept_seconds=120),
        Span(name="30d", label="30 d", length=timedelta(days=30), step=timedelta(hours=8), kept_seconds=600),
    )
}


@dataclass(kw_only=True)
class Point:
    """One step. A step of which no minute is known has ``minutes`` 0, and its counts say nothing."""

    begin: datetime
    minutes: int = 0
    lag_seconds: float | None = None
    """The longest wait. None: nobody looked."""
    submitted: int = 0
    completed: int = 0
    failed: int = 0
    cancelled: int = 0
    ran_p50_seconds: float | None = None
    """None: nothing ended."""
    ran_p95_seconds: float | None = None


def history(span: Span, now: datetime) -> Sequence[Point]:
    """Return the points of the span, oldest first, up to the last whole minute, and up to ``kept_seconds`` old."""
    key = f"{_KEY}-{span.name}"
    found: Sequence[Point] | None = cache.get(key)
    if found is None:
        found = _points(span, now)
        cache.set(key, found, span.kept_seconds)
    return found


def forget() -> None:
    """Read the minutes anew at the next call."""
    cache.delete_many([f"{_KEY}-{name}" for name in SPANS])


def _points(span: Span, now: datetime) -> Sequence[Point]:
    step = span.step.total_seconds()
    count = span.length // span.step
    # The last step holds the minute before this one, which is the last that can be known.
    last = (now - timedelta(minutes=1)).timestamp() // step
    begins = [datetime.fromtimestamp((last - back) * step, UTC) for back in reversed(range(count))]
    points = {begin: Point(begin=begin) for begin in begins}
    ran: dict[datetime, Buckets] = {}
    rows = ServiceMinute.objects.filter(minute__gte=begins[0]).order_by().values(*_COLUMNS)
    for row in rows.iterator(chunk_size=2_000):
        begin = datetime.fromtimestamp(row["minute"].timestamp() // step * step, UTC)
        if begin not in points:
            continue
        point = points[begin]
        point.minutes += 1
        if row["lag_seconds"] is not None:
            point.lag_seconds = max(point.lag_seconds or 0.0, row["lag_seconds"])
        for name in ("submitted", "completed", "failed", "cancelled"):
            setattr(point, name, getattr(point, name) + row[name])
        ran[begin] = add(ran.get(begin, empty()), row["ran"])
    for begin, buckets in ran.items():
        points[begin].ran_p50_seconds, points[begin].ran_p95_seconds = (percentile(buckets, p) for p in (50, 95))
    return list(points.values())
