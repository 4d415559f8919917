"""Reads of requests for their owner: one, or a page. Nothing shows that another user's request exists."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from jobs.log.outcomes import cache_origin
from jobs.models import AsyncRequest, Status
from jobs.paging import cut_page, newest_first
from jobs.queue.waits import why_waiting


class NotFound(Exception):
    """The request does not exist, or belongs to somebody else."""


def owned_by(tenant_id: str, user_id: str) -> Q:
    return Q(tenant_id=tenant_id, user_id=user_id)


def find(request_id: UUID, owner: Q) -> AsyncRequest | None:
    return AsyncRequest.objects.filter(owner, id=request_id).first()


def snapshot(row: AsyncRequest) -> dict[str, Any]:
    """Build the state of a request as clients see it; times are in Unix seconds."""
    body: dict[str, Any] = {
        "request_id": str(row.id),
        "action": row.action,
        "seq": row.last_seq,
        "status": row.status,
        "percentage": row.percentage,
        "message": row.message,
        "attempt": row.attempt,
        "created_at": _unix(row.created_at),
        "started_at": _unix(row.started_at),
        "finished_at": _unix(row.finished_at),
        "cancel_requested": row.cancel_requested_at is not None,
        "metadata": row.metadata,
    }
    if row.client_id is not None:
        body["id"] = row.client_id
    if row.status == Status.RETRYING:
        body["retry_at"] = _unix(row.available_at)
    if row.status == Status.COMPLETED:
        body["result"] = row.result
    if row.cached_from is not None and row.computed_at is not None:
        body |= cache_origin(row.cached_from, row.computed_at)
    if row.status == Status.CANCELLED and row.result is not None:
        body["receipt"] = row.result
    if row.error is not None and row.is_final:
        body["error"] = row.error
    return body


def explained(row: AsyncRequest) -> dict[str, Any]:
    """Build the snapshot with ``waiting: {reason, ahead}`` if it waits. Not for lists: it takes queries of its own."""
    wait = why_waiting(row)
    return snapshot(row) if wait is None else {**snapshot(row), "waiting": wait}


def find_explained(request_id: UUID, owner: Q) -> dict[str, Any] | None:
    row = find(request_id, owner)
    return None if row is None else explained(row)


def list_page(
    owner: Q, *, status: str | None = None, action: str | None = None, limit: int = 50, cursor: str | None = None
) -> tuple[Sequence[AsyncRequest], str | None]:
    """The newest requests first, and the cursor of the next page (None: this was the last).

    Raises ``ValueError`` for a cursor that no earlier page gave.
    """
    rows = newest_first(AsyncRequest.objects.filter(owner, parent__isnull=True), cursor)
    if status is not None:
        rows = rows.filter(status=status)
    if action is not None:
        rows = rows.filter(action=action)
    return cut_page(list(rows[: limit + 1]), limit)


def changed_since(tenant_id: str, user_id: str, moment: datetime, limit: int) -> list[AsyncRequest]:
    """Select the requests of a user that have changed after ``moment``, latest first, without their payloads."""
    rows = AsyncRequest.objects.filter(owned_by(tenant_id, user_id), parent__isnull=True, changed_at__gt=moment)
    return list(rows.defer("payload").order_by("-changed_at")[:limit])


def changed_after(moment: datetime) -> list[tuple[UUID, tuple[str, str], datetime]]:
    """List id, owner (tenant, user) and ``changed_at`` of all users' requests that have changed after ``moment``."""
    rows = AsyncRequest.objects.filter(parent__isnull=True, changed_at__gt=moment).order_by()
    return [
        (request_id, (tenant_id, user_id), changed_at)
        for request_id, tenant_id, user_id, changed_at in rows.values_list("id", "tenant_id", "user_id", "changed_at")
    ]


def _unix(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()
