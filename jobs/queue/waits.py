"""The reasons why requests wait, and their places in the queue: of one request, or of many in as few queries."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NotRequired, TypedDict
from uuid import UUID

from django.db.models import Q, Value
from django.utils import timezone

from jobs.models import WAITING, AsyncRequest, PausedAction, PausedQueue, Status
from jobs.queue.caps import count_running
from jobs.queue.claims import waiting
from jobs.queue.forecast import forecast_starts
from jobs.queue.presence import served_queues
from jobs.queue.reservation import Served, is_long
from jobs.queue.running import Limit, Run, Running

MAX_COUNTED = 5_000
WaitReason = Limit | Literal["retry_at", "paused", "no_worker", "ahead"]


class Wait(TypedDict):
    """The wait of a request, as clients are told of it. Without ``reason`` it is not known if a worker is there."""

    reason: NotRequired[WaitReason]
    limit_key: NotRequired[str]
    """The key at whose limit it waits for its turn. Only with the reason ``key_limit``."""
    ahead: int
    """Requests of the same queue that would start earlier if nothing changed."""


class WaitOf(TypedDict):
    """The wait of a request, as followers are told of it."""

    reason: NotRequired[WaitReason]
    limit_key: NotRequired[str]
    ahead: int
    position: int
    """The request's own place: one more than ``ahead``."""
    estimated_seconds: float
    """The seconds that a run takes, from its start."""
    estimated_start_seconds: NotRequired[float]
    """The seconds until it starts, if nothing is added and runs take as expected. Only where that can be foretold."""


def why_waiting(row: AsyncRequest) -> Wait | None:
    """Explain the wait. Return None when the request does not wait, or no longer."""
    if row.status not in WAITING:
        return None
    now = timezone.now()
    running, served = count_running(), served_queues()
    reason = _reason_of(row, running, served, now, _paused())
    ahead = _ahead(row, running, now)
    return {**_told(reason, row), "ahead": ahead}


def waits_of(request_ids: Collection[UUID]) -> dict[UUID, WaitOf]:
    """Explain the waits of many requests at once, in five queries. Requests that do not wait are left out.

    No more than ``MAX_COUNTED`` requests are counted as ahead.
    """
    rows = list(AsyncRequest.objects.filter(id__in=request_ids, status__in=WAITING).defer("payload"))
    if not rows:
        return {}
    now, running = timezone.now(), count_running()
    paused, served = _paused(), served_queues()
    line = _line({row.queue for row in rows} | (served or {}).keys(), running, now)
    places = _places(line, running)
    starts = forecast_starts(line, running, served or {}, {row.id for row in rows})
    told: dict[UUID, WaitOf] = {}
    for row in rows:
        ahead = bisect_left(places[row.queue], (running.load_of(row.tenant_id), row.order_at))
        wait: WaitOf = {
            "ahead": ahead,
            "position": ahead + 1,
            "estimated_seconds": round(row.estimated_seconds, 3),
        }
        if row.id in starts:
            wait["estimated_start_seconds"] = round(starts[row.id], 3)
        reason = _reason_of(row, running, served, now, paused)
        told[row.id] = {**_told(reason, row), **wait}
    return told


class _Reason(TypedDict, total=False):
    """The reason, as clients are told it. Empty where none is known."""

    reason: WaitReason
    limit_key: str


def _told(reason: WaitReason | None, row: AsyncRequest) -> _Reason:
    if reason is None:
        return {}
    if reason == "key_limit" and row.limit_key is not None:
        return {"reason": reason, "limit_key": row.limit_key}
    return {"reason": reason}


@dataclass(frozen=True, kw_only=True)
class _Paused:
    actions: frozenset[str]
    queues: frozenset[str]


def _paused() -> _Paused:
    """Read both tables in one query."""
    actions = PausedAction.objects.order_by().values_list(Value(True), "action")
    queues = PausedQueue.objects.order_by().values_list(Value(False), "queue")
    found = list(actions.union(queues, all=True))
    return _Paused(
        actions=frozenset(name for is_action, name in found if is_action),
        queues=frozenset(name for is_action, name in found if not is_action),
    )


def _reason_of(
    row: AsyncRequest, running: Running, served: Served | None, now: datetime, paused: _Paused
) -> WaitReason | None:
    """Return what keeps the request from starting. None: no limit does, and nobody knows if a worker is there."""
    if row.status == Status.RETRYING and row.available_at > now:
        return "retry_at"
    if row.action in paused.actions or row.queue in paused.queues:
        return "paused"
    if (limit := running.limit_of(_run_of(getattr(row, name) for name in _FACTS))) is not None:
        return limit
    if served is None:
        return None
    return "ahead" if row.queue in served else "no_worker"


_FACTS = ("id", "tenant_id", "user_id", "action", "queue", "limit_key", "order_at", "estimated_seconds")


def _run_of(facts: Iterable[Any]) -> Run:
    request_id, tenant_id, user_id, action, queue, limit_key, order_at, seconds = facts
    return Run(
        request_id=request_id,
        tenant_id=tenant_id,
        user_id=user_id,
        action=action,
        queue=queue,
        limit_key=limit_key,
        seconds=seconds,
        is_long=is_long(seconds),
        order_at=order_at,
    )


def _ahead(row: AsyncRequest, running: Running, now: datetime) -> int:
    rows = running.leave_out_full(waiting([row.queue], now)).exclude(id=row.id)
    older = Q(order_at__lt=row.order_at)
    load = running.load()
    if load is None:
        return rows.filter(older).count()
    own = running.load_of(row.tenant_id)
    return rows.annotate(load=load).filter(Q(load__lt=own) | Q(older, load=own)).count()


def _line(queues: Collection[str], running: Running, now: datetime) -> list[Run]:
    """List the waiting requests of the queues, those that are held back by a limit too, in the order of claims."""
    load = running.load()
    order = ["order_at"] if load is None else [load, "order_at"]
    rows = waiting(sorted(queues), now).order_by(*order).values_list(*_FACTS)
    return [_run_of(facts) for facts in rows[:MAX_COUNTED]]


def _places(line: Iterable[Run], running: Running) -> dict[str, list[tuple[int, datetime]]]:
    """List for each queue the sort keys of the requests that may be started, in the order in which they will be."""
    places = defaultdict(list)
    for run in line:
        if running.limit_of(run) is None:
            places[run.queue].append((running.load_of(run.tenant_id), run.order_at))
    return places
