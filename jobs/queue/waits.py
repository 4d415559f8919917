"""The reasons why requests wait, and their places in the queue: of one request, or of many in as few queries."""

from bisect import bisect_left
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, NamedTuple, NotRequired, TypedDict
from uuid import UUID

from django.db.models import IntegerField, Q, QuerySet, Value
from django.utils import timezone

from jobs.models import WAITING, AsyncRequest, PausedAction, Status
from jobs.queue.caps import Running, count_running
from jobs.queue.claims import waiting
from jobs.queue.forecast import start_seconds
from jobs.queue.probes import served_queues

MAX_COUNTED = 5_000
WaitReason = Literal["retry_at", "paused", "your_limit", "tenant_limit", "action_limit", "no_worker", "ahead"]


class Wait(TypedDict):
    """The wait of a request, as clients are told of it. Without ``reason`` it is not known if a worker is there."""

    reason: NotRequired[WaitReason]
    ahead: int
    """Requests of the same queue that would start earlier if nothing changed."""


def why_waiting(row: AsyncRequest) -> Wait | None:
    """Explain the wait. Return None when the request does not wait, or no longer."""
    if row.status not in WAITING:
        return None
    now = timezone.now()
    running = count_running()
    reason = _held_back(row, running, now)
    if reason is None:
        served = served_queues()
        if served is None:
            return {"ahead": _ahead(row, running, now)}
        reason = "ahead" if row.queue in served else "no_worker"
    return {"reason": reason, "ahead": _ahead(row, running, now)}


def _held_back(row: AsyncRequest, running: Running, now: datetime) -> WaitReason | None:
    paused = PausedAction.objects.filter(action=row.action).values_list("action", flat=True)
    return _reason_of(row, running, now, paused)


def _reason_of(
    row: AsyncRequest, running: Running, now: datetime, paused: Collection[str] | QuerySet[PausedAction, str]
) -> WaitReason | None:
    """Return the limit that keeps the request from starting, the narrowest one first; None without one."""
    if row.available_at > now:
        return "retry_at"
    if row.action in paused:
        return "paused"
    if (row.tenant_id, row.user_id) in running.full_users():
        return "your_limit"
    if row.tenant_id in running.full_tenants():
        return "tenant_limit"
    return "action_limit" if row.action in running.full_actions() else None


def _ahead(row: AsyncRequest, running: Running, now: datetime) -> int:
    rows = running.leave_out_full(waiting([row.queue], now)).exclude(id=row.id)
    older = Q(order_at__lt=row.order_at)
    load = running.load()
    if load is None:
        return rows.filter(older).count()
    own = running.load_of(row.tenant_id)
    return rows.annotate(load=load).filter(Q(load__lt=own) | Q(older, load=own)).count()


class _Place(NamedTuple):
    load: int
    order_at: datetime
    seconds: float
    """The expected seconds of its run."""


class WaitOf(TypedDict):
    """The wait of a request, as followers are told of it."""

    reason: NotRequired[WaitReason]
    ahead: int
    position: int
    """The request's own place: one more than ``ahead``."""
    estimated_seconds: float
    """The seconds that a run takes, from its start."""
    estimated_start_seconds: NotRequired[float]
    """The seconds until it starts, if nothing changes and runs take as expected. Only beside ``ahead``."""


def waits_of(request_ids: Collection[UUID]) -> dict[UUID, WaitOf]:
    """Explain the waits of many requests at once, in six queries. Requests that do not wait are left out.

    No more than ``MAX_COUNTED`` requests are counted as ahead.
    """
    rows = list(AsyncRequest.objects.filter(id__in=request_ids, status__in=WAITING).defer("payload"))
    if not rows:
        return {}
    now, running = timezone.now(), count_running()
    paused = set(PausedAction.objects.values_list("action", flat=True))
    served = served_queues()
    queues = _places({row.queue for row in rows}, running, now)
    starts = _starts(queues, served or {}, now)
    told: dict[UUID, WaitOf] = {}
    for row in rows:
        own = (running.load_of(row.tenant_id), row.order_at)
        ahead = bisect_left(queues.get(row.queue, []), own, key=lambda place: place[:2])
        wait: WaitOf = {
            "ahead": ahead,
            "position": ahead + 1,
            "estimated_seconds": round(row.estimated_seconds, 3),
        }
        reason = _reason_of(row, running, now, paused)
        if reason is None and served is not None:
            reason = "ahead" if row.queue in served else "no_worker"
        if reason == "ahead" and ahead < len(starts.get(row.queue, ())):
            wait["estimated_start_seconds"] = round(starts[row.queue][ahead], 3)
        told[row.id] = wait if reason is None else {"reason": reason, **wait}
    return told


def _places(queues: set[str], running: Running, now: datetime) -> dict[str, list[_Place]]:
    """List for each queue the requests that may be started, in the order in which they will be."""
    rows = running.leave_out_full(waiting(sorted(queues), now))
    load = running.load()
    places: dict[str, list[_Place]] = {}
    own: Any = Value(0, output_field=IntegerField()) if load is None else load
    ordered = rows.annotate(load=own).order_by(*([] if load is None else ["load"]), "order_at")
    found = ordered.values_list("queue", "load", "order_at", "estimated_seconds")[:MAX_COUNTED]
    for queue, *place in found:
        places.setdefault(queue, []).append(_Place(*place))
    return places


def _starts(
    queues: Mapping[str, Sequence[_Place]], served: Mapping[str, Collection[str]], now: datetime
) -> dict[str, list[float]]:
    """Forecast for each served queue the seconds until each of its places is started."""
    runs = AsyncRequest.objects.filter(status=Status.PROCESSING, attempt_started_at__isnull=False)
    busy = {
        worker: max(0.0, seconds - (now - started_at).total_seconds())
        for worker, seconds, started_at in runs.values_list("worker", "estimated_seconds", "attempt_started_at")
        if started_at is not None
    }
    return {
        queue: list(start_seconds([busy.get(name, 0.0) for name in served[queue]], [one.seconds for one in places]))
        for queue, places in queues.items()
        if served.get(queue)
    }
