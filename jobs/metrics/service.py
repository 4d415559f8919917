"""The service as a whole, minute by minute: lag, submissions and ends. The sweeper writes one row a minute.

The lag of a minute is the longest that was seen in it. A sweeper looks every few seconds and remembers; a minute in
which none ran has no lag, and its submissions and ends are counted later, from the rows.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db.models import Count, Max
from django.db.models.functions import TruncMinute

from jobs.metrics.buckets import Buckets, add, empty
from jobs.metrics.minutes import LATE, MINUTE, floor
from jobs.metrics.state import live_state
from jobs.models import AsyncRequest, RequestMinute, ServiceMinute, Status

_LOOK_EVERY: Final = timedelta(seconds=5)
_FIRST: Final = timedelta(hours=1)
"""Before the first row there is no more history than this."""
_AT_ONCE: Final = 60
_DELETED_AT_ONCE: Final = 500


class ServiceMinutes:
    """The rule of one sweeper process, with the lags that it has seen."""

    def __init__(self) -> None:
        self._lags: dict[datetime, float] = {}
        self._looked_at: datetime | None = None

    def look(self, now: datetime) -> None:
        """Remember the longest lag of all queues, every five seconds."""
        if self._looked_at is not None and timedelta(0) <= now - self._looked_at < _LOOK_EVERY:
            return
        self._looked_at = now
        lag = max((queue.lag_seconds for queue in live_state(now).queues.values()), default=0.0)
        minute = floor(now)
        self._lags[minute] = max(lag, self._lags.get(minute, 0.0))

    def settle(self, now: datetime) -> int:
        """Write the minutes that are over, at most sixty. Call it when the ends of them are added up. Return how many.

        Of two sweepers the first writes a minute.
        """
        begin = _settled_until() or floor(now - _FIRST)
        end = min(floor(now - LATE), begin + MINUTE * _AT_ONCE)
        rows = _rows(begin, end, self._lags) if end > begin else []
        ServiceMinute.objects.bulk_create(rows, ignore_conflicts=True)
        self._lags = {minute: lag for minute, lag in self._lags.items() if minute >= end}
        return len(rows)


def last_minute() -> datetime | None:
    """Return the begin of the last minute that was written."""
    last: datetime | None = ServiceMinute.objects.aggregate(last=Max("minute"))["last"]
    return last


def delete_old_service_minutes(now: datetime) -> int:
    """Delete some of the minutes older than ``STREAMER_METRICS_DAYS``. Return their number."""
    before = now - timedelta(days=settings.STREAMER_METRICS_DAYS)
    ids = list(
        ServiceMinute.objects.filter(minute__lt=before)
        .order_by("minute")
        .values_list("id", flat=True)[:_DELETED_AT_ONCE]
    )
    return ServiceMinute.objects.filter(id__in=ids).delete()[0] if ids else 0


def _settled_until() -> datetime | None:
    last = last_minute()
    return None if last is None else last + MINUTE


def _rows(begin: datetime, end: datetime, lags: dict[datetime, float]) -> list[ServiceMinute]:
    submitted = _submitted(begin, end)
    ends: dict[datetime, list[RequestMinute]] = {}
    for row in RequestMinute.objects.filter(minute__gte=begin, minute__lt=end):
        ends.setdefault(row.minute or begin, []).append(row)
    minutes = (begin + MINUTE * number for number in range((end - begin) // MINUTE))
    return [_row(minute, submitted.get(minute, 0), ends.get(minute, []), lags.get(minute)) for minute in minutes]


def _submitted(begin: datetime, end: datetime) -> dict[datetime, int]:
    rows = AsyncRequest.objects.filter(created_at__gte=begin, created_at__lt=end, parent__isnull=True).order_by()
    return dict(rows.values_list(TruncMinute("created_at")).annotate(count=Count("id")))


def _row(minute: datetime, submitted: int, ends: Iterable[RequestMinute], lag: float | None) -> ServiceMinute:
    counts = dict.fromkeys((Status.COMPLETED, Status.FAILED, Status.CANCELLED), 0)
    waited: Buckets = empty()
    ran: Buckets = empty()
    for row in ends:
        counts[Status(row.status)] += row.count
        waited, ran = add(waited, row.waited), add(ran, row.ran)
    return ServiceMinute(
        minute=minute,
        lag_seconds=lag,
        submitted=submitted,
        completed=counts[Status.COMPLETED],
        failed=counts[Status.FAILED],
        cancelled=counts[Status.CANCELLED],
        waited=waited,
        ran=ran,
    )
