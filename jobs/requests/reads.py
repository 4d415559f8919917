"""Reads of requests for their owner: one, or a page. Nothing shows that another user's request exists."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from django.db.models import Exists, OuterRef, Q, QuerySet

from jobs.log.outcomes import cache_origin
from jobs.models import FINAL, RECEIPTED, AsyncRequest, RequestTag, Status
from jobs.paging import cut_page, first_of_all, newest_first
from jobs.queue.waits import why_waiting
from jobs.requests.search import matching

BRIEF_BYTES = 4 * 1024
"""The most bytes of a result, a receipt or an error in a brief snapshot."""


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
        "title": row.title,
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
        "tags": row.tags or [],
    }
    if row.client_id is not None:
        body["id"] = row.client_id
    if row.status == Status.RETRYING:
        body["retry_at"] = _unix(row.available_at)
    if row.status == Status.COMPLETED:
        body["result"] = row.result
        if row.failed_items:
            body["failed_items"] = row.failed_items
    if row.cached_from is not None and row.computed_at is not None:
        body |= cache_origin(row.cached_from, row.computed_at)
    if row.status in RECEIPTED and row.result is not None:
        body["receipt"] = row.result
    if row.error is not None and row.is_final:
        body["error"] = row.error
    return body


def brief_snapshot(row: AsyncRequest) -> dict[str, Any]:
    """Build the snapshot for those who may not need its result: ``omitted`` names what is too large for them."""
    body = snapshot(row)
    omitted = [name for name in ("result", "receipt") if _json_bytes(body.get(name)) > BRIEF_BYTES]
    for name in omitted:
        del body[name]
    if _json_bytes(body.get("error")) > BRIEF_BYTES:
        body["error"] = {name: value for name, value in body["error"].items() if name != "details"}
        omitted.append("error.details")
    return {**body, "omitted": omitted} if omitted else body


def explained(row: AsyncRequest) -> dict[str, Any]:
    """Build the snapshot with ``waiting: {reason, ahead}`` if it waits. Not for lists: it takes queries of its own."""
    wait = why_waiting(row)
    return snapshot(row) if wait is None else {**snapshot(row), "waiting": wait}


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """The requests that a list should have. None: whatever it is."""

    status: str | None = None
    action: str | None = None
    tag: str | None = None
    q: str | None = None
    """Words to look for, as ``search.matching`` does."""
    created_after: datetime | None = None
    """The first moment that counts."""
    created_before: datetime | None = None
    """The first moment that no longer counts."""


_ANY = Wanted()


def list_page(
    owner: Q, wanted: Wanted = _ANY, *, limit: int = 50, cursor: str | None = None
) -> tuple[Sequence[AsyncRequest], str | None]:
    """The newest requests first, and the cursor of the next page (None: this was the last). Without their payloads.

    A page has fewer than ``limit`` where their snapshots are large.
    Raises ``ValueError`` for a cursor that no earlier page gave.
    """
    # What goes on is little, so its tags are looked at one by one.
    if wanted.tag is not None and wanted.q is None and (wanted.status is None or wanted.status in FINAL):
        page = _tagged(owner, wanted, cursor, limit + 1)
    else:
        page = first_of_all(list(_parts(owner, wanted, cursor)), "created_at", limit + 1)
    return cut_page(list(page.defer("payload")), limit, _snapshot_bytes)


def changed_since(tenant_id: str, user_id: str, moment: datetime, limit: int) -> list[AsyncRequest]:
    """Select the requests of a user that have changed after ``moment``, latest first, without their payloads."""
    rows = _followed(owned_by(tenant_id, user_id)).filter(changed_at__gt=moment)
    parts = [rows.filter(finished_at__isnull=True), rows.filter(finished_at__isnull=False)]
    return list(first_of_all(parts, "changed_at", limit).defer("payload"))


def changed_after(moment: datetime) -> list[tuple[UUID, tuple[str, str], datetime]]:
    """List id, owner (tenant, user) and ``changed_at`` of all users' requests that have changed after ``moment``."""
    rows = _followed(Q(changed_at__gt=moment)).order_by()
    return [
        (request_id, (tenant_id, user_id), changed_at)
        for request_id, tenant_id, user_id, changed_at in rows.values_list("id", "tenant_id", "user_id", "changed_at")
    ]


def _followed(wanted: Q) -> QuerySet[AsyncRequest]:
    """Select requests that clients see. Those that share the work of another are not among them."""
    return AsyncRequest.objects.filter(wanted, parent__isnull=True)


def _parts(owner: Q, wanted: Wanted, cursor: str | None) -> Iterator[QuerySet[AsyncRequest]]:
    rows = newest_first(_searched(_followed(owner & _created(wanted)), wanted.q), cursor)
    if wanted.action is not None:
        rows = rows.filter(action=wanted.action)
    if wanted.tag is not None:
        rows = rows.filter(Exists(RequestTag.objects.filter(request=OuterRef("id"), tag=wanted.tag)))
    yield from _by_status(rows, wanted.status)


def _searched(rows: QuerySet[AsyncRequest], text: str | None) -> QuerySet[AsyncRequest]:
    return rows if text is None else matching(rows, text)


def _by_status(rows: QuerySet[AsyncRequest], status: str | None) -> Iterator[QuerySet[AsyncRequest]]:
    """Divide the rows, so that an index finds each part sorted: what goes on, and each of the final statuses."""
    if status is None:
        yield rows.filter(finished_at__isnull=True)
    elif status not in FINAL:
        yield rows.filter(finished_at__isnull=True, status=status)
    for final in FINAL:
        if status in (None, final):
            yield rows.filter(finished_at__isnull=False, status=final)


def _tagged(owner: Q, wanted: Wanted, cursor: str | None, limit: int) -> QuerySet[AsyncRequest]:
    """Select the newest requests with a tag, in the order of an index of tags."""
    tags = newest_first(RequestTag.objects.filter(owner & _created(wanted), tag=wanted.tag), cursor, "request_id")
    if wanted.status is not None:
        tags = tags.filter(request__status=wanted.status)
    if wanted.action is not None:
        tags = tags.filter(request__action=wanted.action)
    # Their ids first: as one statement, PostgreSQL may read the whole table of requests to join it.
    ids = list(tags.values_list("request_id", flat=True)[:limit])
    return AsyncRequest.objects.filter(id__in=ids).order_by("-created_at", "-id")


def _created(wanted: Wanted) -> Q:
    bounds = {"created_at__gte": wanted.created_after, "created_at__lt": wanted.created_before}
    return Q(**{name: moment for name, moment in bounds.items() if moment is not None})


def _snapshot_bytes(row: AsyncRequest) -> int:
    return _json_bytes(snapshot(row))


def _json_bytes(value: Any) -> int:
    return len(msgspec.json.encode(value))


def _unix(moment: datetime | None) -> float | None:
    return None if moment is None else moment.timestamp()
