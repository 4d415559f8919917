"""The state of the service at one moment, counted once for all who look within five seconds."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import redis
from django.core.cache import cache
from django.db.models import Count

from jobs.contract.registry import all_handlers
from jobs.metrics import history
from jobs.metrics.faults.fault import Fault
from jobs.metrics.faults.finding import find_faults
from jobs.metrics.faults.look import Look, take_look
from jobs.metrics.minutes import Outcome, Sums, outcomes_since
from jobs.models import LIVE, AsyncRequest, Status
from jobs.queue.health.workers import WorkerState, workers_of

MAX_WORKERS = 20
_KEY, _SECONDS = "streamer-overview", 5
_HOUR, _DAY = timedelta(hours=1), timedelta(hours=24)


@dataclass(frozen=True, kw_only=True)
class Counts:
    """The requests that wait and run, parts of bulks left out, by one of their columns."""

    waiting: Counter[str]
    running: Counter[str]


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    look: Look
    faults: list[Fault]
    by_queue: Counts
    by_action: Counts
    by_tenant: Counts
    ends: Mapping[Outcome, Sums]
    """The ends of the last hour."""
    failed_in_a_day: int
    day_began: datetime
    workers: Sequence[WorkerState]
    """Those that need somebody first, then those that run a request."""


def snapshot() -> Snapshot:
    """Return the state, up to five seconds old."""
    found: Snapshot | None = cache.get(_KEY)
    if found is None:
        found = _take()
        cache.set(_KEY, found, _SECONDS)
    return found


def forget() -> None:
    """Count anew at the next call."""
    cache.delete(_KEY)
    history.forget()


def _take() -> Snapshot:
    look = take_look()
    by_queue, by_action, by_tenant = _live()
    return Snapshot(
        look=look,
        faults=find_faults(look),
        by_queue=by_queue,
        by_action=by_action,
        by_tenant=by_tenant,
        ends=outcomes_since(look.now - _HOUR, look.now),
        failed_in_a_day=_failed_since(look.now - _DAY),
        day_began=look.now - _DAY,
        workers=sorted(_workers(look.served or {}), key=lambda worker: worker.state != "silent"),
    )


def _workers(served: Mapping[str, frozenset[str]]) -> Sequence[WorkerState]:
    try:
        return workers_of(served)
    except (redis.RedisError, OSError):  # it answered a moment ago
        return workers_of({})


def _live() -> tuple[Counts, ...]:
    counts = tuple(Counts(waiting=Counter(), running=Counter()) for _ in range(3))
    rows = AsyncRequest.objects.filter(status__in=LIVE, parent__isnull=True, finished_at__isnull=True).order_by()
    for status, *names, count in rows.values_list("status", "queue", "action", "tenant_id").annotate(count=Count("id")):
        for one, name in zip(counts, names, strict=True):
            (one.running if status == Status.PROCESSING else one.waiting)[name] += count
    return counts


def _failed_since(moment: datetime) -> int:
    # By action, because that is what the index of runs begins with.
    rows = AsyncRequest.objects.filter(action__in=list(all_handlers()), parent__isnull=True, finished_at__isnull=False)
    return rows.filter(status=Status.FAILED, finished_at__gte=moment).count()
