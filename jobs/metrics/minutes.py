"""The ends of requests: their rows, counted minute by minute, and the sums since the beginning.

The rows themselves are counted, so no kill, fork or restart can lose or double a request. The sweeper adds up each
minute a little after its end; what ended since is counted when it is asked for. Parts of a bulk are not counted.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max

from jobs.metrics.buckets import Buckets, add, empty, put
from jobs.models import AsyncRequest, RequestMinute, Status

MINUTE = timedelta(minutes=1)
# A worker sets the time of an end before it commits, and its clock may differ.
LATE = timedelta(seconds=15)
# Before the first minute there is no history. Later gaps, such as a night without a sweeper, are filled.
_FIRST = timedelta(hours=1)
_AT_ONCE = 60
"""The most minutes with ends that one sweep adds up."""
_DELETED_AT_ONCE = 500
_COLUMNS = ("action", "status", "error", "created_at", "started_at", "finished_at", "errors_count", "lost_count")
Outcome = tuple[str, str, str]
"""Action, final status, and the code of the error of those that failed."""


@dataclass(kw_only=True)
class Sums:
    """The sums over some finished requests."""

    count: int = 0
    retries: int = 0
    lost: int = 0
    waited: Buckets = field(default_factory=empty)
    ran: Buckets = field(default_factory=empty)

    def take(self, row: Mapping[str, Any]) -> None:
        """Count a finished request."""
        self.count += 1
        failed = row["status"] == Status.FAILED and bool(row["errors_count"])
        self.retries += row["errors_count"] - failed
        self.lost += row["lost_count"]
        if row["started_at"]:
            put(self.waited, (row["started_at"] - row["created_at"]).total_seconds())
            put(self.ran, (row["finished_at"] - row["started_at"]).total_seconds())

    def add(self, other: "Sums | RequestMinute") -> None:
        self.count += other.count
        self.retries += other.retries
        self.lost += other.lost
        self.waited, self.ran = add(self.waited, other.waited), add(self.ran, other.ran)


def settle_minutes(now: datetime) -> int:
    """Add up the minutes that are over, at most sixty with ends. Return the number of requests in them."""
    begin = _settled_until() or floor(now - _FIRST)
    end = floor(now - LATE)
    if end <= begin:
        return 0
    minutes: dict[datetime, dict[Outcome, Sums]] = {}
    for row in _ended(begin, end):
        minute = floor(row["finished_at"])
        if minute not in minutes and len(minutes) == _AT_ONCE:
            break
        minutes.setdefault(minute, {}).setdefault(_outcome(row), Sums()).take(row)
    if not minutes:
        return 0
    try:
        return _store(minutes)
    except IntegrityError:
        return 0  # another sweeper was quicker


def outcomes_since(begin: datetime | None, now: datetime) -> dict[Outcome, Sums]:
    """Sum up what came of the requests that ended since ``begin`` (to the minute), or since the first one."""
    found: dict[Outcome, Sums] = {}
    which = {"minute": None} if begin is None else {"minute__gte": begin}
    for row in RequestMinute.objects.filter(**which):
        found.setdefault((row.action, row.status, row.code), Sums()).add(row)
    fresh_since = max(_settled_until() or floor(now - _FIRST), begin or floor(now - _FIRST))
    for ended in _ended(fresh_since, now + LATE):
        found.setdefault(_outcome(ended), Sums()).take(ended)
    return found


def delete_old_minutes(now: datetime) -> int:
    """Delete some of the minutes older than ``STREAMER_METRICS_DAYS``. The sums stay. Return their number."""
    before = now - timedelta(days=settings.STREAMER_METRICS_DAYS)
    old = RequestMinute.objects.filter(minute__lt=before).order_by("minute").values_list("id", flat=True)
    ids = list(old[:_DELETED_AT_ONCE])
    return RequestMinute.objects.filter(id__in=ids).delete()[0] if ids else 0


def _store(minutes: Mapping[datetime, Mapping[Outcome, Sums]]) -> int:
    """Store the minutes and add them to the sums. Raises IntegrityError if another sweeper has stored one of them."""
    totals: dict[Outcome, Sums] = {}
    rows = []
    for minute, outcomes in minutes.items():
        for outcome, sums in outcomes.items():
            rows.append(_row(minute, outcome, sums))
            totals.setdefault(outcome, Sums()).add(sums)
    with transaction.atomic():
        RequestMinute.objects.bulk_create(rows)
        known = {
            (row.action, row.status, row.code): row
            for row in RequestMinute.objects.select_for_update().filter(minute=None)
        }
        for outcome, sums in sorted(totals.items()):
            if row := known.get(outcome):
                sums.add(row)
                row.delete()
        RequestMinute.objects.bulk_create([_row(None, outcome, sums) for outcome, sums in sorted(totals.items())])
    return sum(sums.count for outcomes in minutes.values() for sums in outcomes.values())


def _row(minute: datetime | None, outcome: Outcome, sums: Sums) -> RequestMinute:
    action, status, code = outcome
    return RequestMinute(
        minute=minute,
        action=action,
        status=status,
        code=code,
        count=sums.count,
        retries=sums.retries,
        lost=sums.lost,
        waited=sums.waited,
        ran=sums.ran,
    )


def _settled_until() -> datetime | None:
    """Return the end of the last minute that was added up."""
    last: datetime | None = RequestMinute.objects.aggregate(last=Max("minute"))["last"]
    return None if last is None else last + MINUTE


def _ended(begin: datetime, end: datetime) -> Iterable[dict[str, Any]]:
    rows = AsyncRequest.objects.filter(finished_at__isnull=False, finished_at__gte=begin, finished_at__lt=end)
    found: Iterable[dict[str, Any]]
    found = rows.filter(parent=None).order_by("finished_at", "id").values(*_COLUMNS).iterator(chunk_size=2_000)
    return found


def _outcome(row: Mapping[str, Any]) -> Outcome:
    failed = row["status"] == Status.FAILED and isinstance(row["error"], dict)
    return row["action"], row["status"], str(row["error"].get("code", ""))[:32] if failed else ""


def floor(moment: datetime) -> datetime:
    """Return the begin of the minute."""
    return moment.replace(second=0, microsecond=0)
