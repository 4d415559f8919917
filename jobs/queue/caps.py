"""Counts what runs, and keeps others from starting more while a cap is looked at that must hold exactly."""

from datetime import datetime

from django.db import connection
from django.utils import timezone

from jobs.models import AsyncRequest, Status
from jobs.queue.choice import Guard
from jobs.queue.control.overrides import live_overrides
from jobs.queue.estimates import remaining_seconds
from jobs.queue.key_limits import starts_before
from jobs.queue.presence import served_queues
from jobs.queue.reservation import is_long
from jobs.queue.running import LAST_RUNS, Run, Running

# The first halves of the keys of PostgreSQL's advisory locks. Any numbers, kept for ever.
_ACTION_LOCKS = 5_219
_TENANT_LOCKS = 5_220
_KEY_LOCKS = 5_221
_QUEUE_LOCKS = 5_222


def count_running() -> Running:
    """Count what runs, in two queries, or three where the limits of operators were not read lately.

    The live workers are asked for only where long requests run.
    """
    now = timezone.now()
    columns = ("id", "tenant_id", "user_id", "action", "queue", "limit_key", "order_at", "worker")
    timing = ("estimated_seconds", "attempt_started_at", "percentage")
    running = Running(recency=_recency(), starts=starts_before(now), overrides=live_overrides())
    rows = AsyncRequest.objects.filter(status=Status.PROCESSING).order_by()
    for *facts, estimated, started_at, percentage in rows.values_list(*columns, *timing):
        request_id, tenant_id, user_id, action, queue, limit_key, order_at, worker = facts
        elapsed = _seconds_since(started_at, now)
        run = Run(
            request_id=request_id,
            tenant_id=tenant_id,
            user_id=user_id,
            action=action,
            queue=queue,
            limit_key=limit_key,
            order_at=order_at,
            worker=worker,
            seconds=remaining_seconds(estimated, elapsed=elapsed, percentage=percentage),
            is_long=is_long(max(estimated, elapsed)),
        )
        running.runs.append(run)
        running.start(run, worker)
    if running.occupied:
        running.served = served_queues() or {}
    return running


def take_locks(guard: Guard) -> None:
    """Wait until no other transaction starts what ``guard`` names, and let none do so until this one ends.

    SQLite needs no lock: it lets one transaction write at a time.
    """
    # In one order, so that no two transactions wait for each other.
    names = (
        (_ACTION_LOCKS, guard.action),
        (_KEY_LOCKS, guard.limit_key),
        (_TENANT_LOCKS, guard.tenant_id),
        (_QUEUE_LOCKS, guard.queue),
    )
    for space, name in names:
        if name:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [space, name])


def _seconds_since(moment: datetime | None, now: datetime) -> float:
    return 0.0 if moment is None else max(0.0, (now - moment).total_seconds())


def _recency() -> dict[str, int]:
    ended = AsyncRequest.objects.filter(finished_at__isnull=False, attempt__gt=0).order_by("-finished_at")
    latest_first = dict.fromkeys(ended.values_list("tenant_id", flat=True)[:LAST_RUNS])
    return {tenant_id: rank for rank, tenant_id in enumerate(reversed(latest_first), start=1)}
