"""The requests that wait and run now, asked of the tables in few statements that look only at live rows."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, Q, QuerySet, Sum

from jobs.models import WAITING, Artifact, AsyncRequest, Dataset, PausedAction, PausedQueue, Status
from jobs.queue.control.overrides import live_overrides
from jobs.queue.names import own_queues


@dataclass(frozen=True, kw_only=True)
class QueueState:
    """A queue: the requests that wait and run in it, and how long the first that may run has waited for a worker."""

    waiting: int = 0
    running: int = 0
    lag_seconds: float = 0.0
    oldest_seconds: float = 0.0
    """The age of the oldest that waits, be it paused or to be tried again later."""
    pause: PausedQueue | None = None
    limit: int | None = None
    """The number of its requests that may run at once. None: as many as there are workers."""


@dataclass(frozen=True, kw_only=True)
class State:
    """The live requests, by queue and by action, and the paused actions."""

    queues: Mapping[str, QueueState]
    waiting: Mapping[str, int]
    retrying: Mapping[str, int]
    running: Mapping[str, int]
    paused: tuple[str, ...]


def live_state(now: datetime) -> State:
    """Count the live requests. Parts of a bulk count as what workers have to do."""
    paused = tuple(PausedAction.objects.order_by("action").values_list("action", flat=True))
    pauses = {row.queue: row for row in PausedQueue.objects.all()}
    may_run = Q(available_at__lte=now) & ~Q(action__in=paused) & ~Q(queue__in=list(pauses))
    waiting: dict[str, int] = {}
    retrying: dict[str, int] = {}
    overrides = live_overrides()
    queues = {
        name: QueueState(pause=pauses.get(name), limit=overrides.of_queue(name)) for name in {*own_queues(), *pauses}
    }
    rows = (
        AsyncRequest.objects.filter(finished_at__isnull=True, status__in=WAITING)
        .values("queue", "action", "status")
        .annotate(count=Count("id"), first=Min("available_at", filter=may_run), oldest=Min("created_at"))
    )
    for row in rows:
        by_action = retrying if row["status"] == Status.RETRYING else waiting
        by_action[row["action"]] = by_action.get(row["action"], 0) + row["count"]
        known = queues.get(row["queue"], QueueState())
        lag = (now - row["first"]).total_seconds() if row["first"] else 0.0
        queues[row["queue"]] = replace(
            known,
            waiting=known.waiting + row["count"],
            lag_seconds=max(known.lag_seconds, lag, 0.0),
            oldest_seconds=max(known.oldest_seconds, (now - row["oldest"]).total_seconds()),
        )
    running: dict[str, int] = {}
    held = AsyncRequest.objects.filter(finished_at__isnull=True, status=Status.PROCESSING).order_by()
    for queue, action, count in held.values_list("queue", "action").annotate(number=Count("id")):
        running[action] = running.get(action, 0) + count
        known = queues.get(queue, QueueState())
        queues[queue] = replace(known, running=known.running + count)
    return State(queues=queues, waiting=waiting, retrying=retrying, running=running, paused=paused)


def stored_bytes() -> dict[str, int]:
    """Sum up the sizes of all artifacts and all datasets. It reads both tables: ask seldom."""
    tables: dict[str, QuerySet[Any]] = {"artifacts": Artifact.objects.all(), "datasets": Dataset.objects.all()}
    return {name: rows.aggregate(sum=Sum("size_bytes"))["sum"] or 0 for name, rows in tables.items()}
