"""Why a request waits, and how many will be started before it. For one request at a time: it takes a few queries."""

from datetime import datetime
from typing import Literal, NotRequired, TypedDict

from django.db.models import Q
from django.utils import timezone

from jobs.caps import Running, count_running
from jobs.claims import waiting
from jobs.health import served_queues
from jobs.models import WAITING, AsyncRequest, PausedAction

WaitReason = Literal["retry_at", "paused", "your_limit", "tenant_limit", "action_limit", "no_worker", "ahead"]


class Wait(TypedDict):
    """What a client is told of a request that waits. Without ``reason``: whether a worker is there is not known."""

    reason: NotRequired[WaitReason]
    ahead: int
    """Requests of the same queue that would be started first if all stayed as it is."""


def why_waiting(row: AsyncRequest) -> Wait | None:
    """None when it does not wait (any more)."""
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
    """What keeps the request from being started whoever else waits. The narrowest limit is named first."""
    if row.available_at > now:
        return "retry_at"
    if PausedAction.objects.filter(action=row.action).exists():
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
    own = running.by_tenant[row.tenant_id]
    return rows.annotate(load=load).filter(Q(load__lt=own) | Q(older, load=own)).count()
