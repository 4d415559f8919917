"""Store requests, all in one transaction. Workers are woken after the commit, which may fail without harm."""

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Q
from django.utils import timezone

from jobs.errors import ErrorBody, ErrorCode, error_body
from jobs.log.announcing import announce_submitted
from jobs.log.events import NotOwner, append
from jobs.log.outcomes import FromCache
from jobs.models import WAITING, AsyncRequest, Status
from jobs.queue.estimates import learned_seconds
from jobs.requests.differences import differing_fields


@dataclass(frozen=True, kw_only=True)
class Submission:
    """A request that was checked and is ready to be stored."""

    tenant_id: str
    user_id: str
    action: str
    queue: str
    payload: Mapping[str, Any]
    estimated_seconds: float
    """The handler's own estimate. The learned duration replaces it once there are enough earlier runs."""
    client_id: str | None = None
    """The client's idempotency key. None: every submission is a new request."""
    connection_id: uuid.UUID | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    priority: int = 0
    """Seconds of head start in the queue."""
    expires_in_seconds: float | None = None
    """The request fails with EXPIRED when it has not started by then."""
    cache_key: str | None = None
    """The key under which its result is kept. None: it is not kept."""
    cached: FromCache | None = None
    """The outcome with which it ends at once: it is stored, but never waits and is not run."""
    unlimited: bool = False
    """True: it is stored however many requests of the user are waiting."""
    request_id: uuid.UUID = field(default_factory=uuid.uuid4)


@dataclass(frozen=True, kw_only=True)
class Accepted:
    """The submission is committed, now or earlier."""

    request_id: uuid.UUID
    duplicate: bool
    """True: this is the earlier request of the same client id; nothing was stored."""
    status: str
    position: int
    """The number of requests that wait in the same queue, this one included. 0 when it no longer waits."""
    estimated_seconds: float
    cached: bool = False
    """True: it has ended already, with the result of an earlier request."""


@dataclass(frozen=True, kw_only=True)
class Refused:
    """Nothing was stored, and ``error`` says why."""

    error: ErrorBody


def submit_many(submissions: Sequence[Submission]) -> list[Accepted | Refused]:
    """Store all of them in one transaction; the outcomes come in the same order."""
    submissions = [_with_learned_estimate(item) for item in submissions]
    with transaction.atomic():
        room = _room_by_user(submissions)
        earlier = _by_client_id(submissions)
        known, admitted = set(earlier), []
        for submission in submissions:
            owner, key = (submission.tenant_id, submission.user_id), _key(submission)
            needs_room = not (submission.cached or submission.unlimited)
            if key not in known and (not needs_room or room[owner] > 0):
                room[owner] -= int(needs_room)
                admitted.append(submission)
                known |= {key} - {None}  # an id that is given twice needs room for one request
        queue_lengths = _queue_lengths()
        rows = [_row(item) for item in admitted]
        # Sorted by key, so that two processes that store the same ids cannot deadlock.
        rows.sort(key=lambda row: (row.tenant_id, row.user_id, row.client_id or ""))
        AsyncRequest.objects.bulk_create(rows, ignore_conflicts=True)
        # Read back: two submissions with one client id, from any process, leave exactly one row.
        stored = _by_client_id(submissions)
        fresh = {item.request_id for item in admitted}
        kept = {row.id for row in stored.values()}
        for row in rows:
            if row.client_id is None or row.id in kept:
                announce_submitted(row)
        for submission in admitted:
            _end_if_cached(submission, stored)
    return [_outcome(item, fresh, stored, queue_lengths) for item in submissions]


def _end_if_cached(submission: Submission, stored: Mapping["_Key | None", AsyncRequest]) -> None:
    row = stored.get(_key(submission))
    if submission.cached is None or (row is not None and row.id != submission.request_id):
        return
    outcome = submission.cached
    with suppress(NotOwner):  # a second try after a commit whose answer was lost: the request has ended already
        append(submission.request_id, [outcome.draft()], where=Q(status=Status.PENDING), changes=outcome.changes())


def _with_learned_estimate(submission: Submission) -> Submission:
    learned = learned_seconds(submission.action)
    return submission if learned is None else replace(submission, estimated_seconds=learned)


_Key = tuple[str, str, str]


def _key(submission: Submission) -> _Key | None:
    if submission.client_id is None:
        return None
    return (submission.tenant_id, submission.user_id, submission.client_id)


def _by_client_id(submissions: Sequence[Submission]) -> dict[_Key | None, AsyncRequest]:
    keys = {key for item in submissions if (key := _key(item))}
    if not keys:
        return {}
    wanted = Q()
    for tenant_id, user_id, client_id in keys:
        wanted |= Q(tenant_id=tenant_id, user_id=user_id, client_id=client_id)
    return {(row.tenant_id, row.user_id, str(row.client_id)): row for row in AsyncRequest.objects.filter(wanted)}


def _room_by_user(submissions: Sequence[Submission]) -> Counter[tuple[str, str]]:
    """Count the further requests that each submitting user may have waiting."""
    owners = {(item.tenant_id, item.user_id) for item in submissions}
    wanted = Q()
    for tenant_id, user_id in owners:
        wanted |= Q(tenant_id=tenant_id, user_id=user_id)
    waiting = AsyncRequest.objects.filter(wanted, status__in=WAITING, parent__isnull=True)
    rows = waiting.values_list("tenant_id", "user_id")
    counts = {(tenant, user): count for tenant, user, count in rows.annotate(n=Count("id")).order_by()}
    return Counter({owner: settings.STREAMER_MAX_WAITING_PER_USER - counts.get(owner, 0) for owner in owners})


def _queue_lengths() -> dict[str, int]:
    rows = AsyncRequest.objects.filter(status__in=WAITING).values_list("queue").annotate(n=Count("id")).order_by()
    return dict(rows)


def _row(submission: Submission) -> AsyncRequest:
    now = timezone.now()
    expires_in = submission.expires_in_seconds
    return AsyncRequest(
        id=submission.request_id,
        tenant_id=submission.tenant_id,
        user_id=submission.user_id,
        client_id=submission.client_id,
        connection_id=submission.connection_id,
        action=submission.action,
        queue=submission.queue,
        payload=submission.payload,
        metadata=submission.metadata,
        priority=submission.priority,
        estimated_seconds=submission.estimated_seconds,
        created_at=now,
        available_at=now,
        order_at=now - timedelta(seconds=submission.priority),
        cache_key=submission.cache_key,
        expires_at=None if expires_in is None else now + timedelta(seconds=expires_in),
    )


def _outcome(
    submission: Submission,
    fresh: set[uuid.UUID],
    stored: Mapping[_Key | None, AsyncRequest],
    queue_lengths: dict[str, int],
) -> Accepted | Refused:
    row = stored.get(_key(submission))
    if row is not None and row.id != submission.request_id:
        return _attached(submission, row)
    if row is None and submission.request_id not in fresh:
        limit = settings.STREAMER_MAX_WAITING_PER_USER
        return Refused(
            error=error_body(
                ErrorCode.RATE_LIMITED,
                f"You have {limit} requests waiting, which is the most allowed",
                details={"limit": limit},
                retry_after=5.0,
            )
        )
    if submission.cached:
        return Accepted(
            request_id=submission.request_id,
            duplicate=False,
            status=Status.COMPLETED,
            position=0,
            estimated_seconds=0.0,
            cached=True,
        )
    queue_lengths[submission.queue] = queue_lengths.get(submission.queue, 0) + 1
    return Accepted(
        request_id=submission.request_id,
        duplicate=False,
        status=Status.PENDING,
        position=queue_lengths[submission.queue],
        estimated_seconds=submission.estimated_seconds,
    )


def _attached(submission: Submission, row: AsyncRequest) -> Accepted | Refused:
    fields = differing_fields(
        {"action": row.action, "payload": row.payload},
        {"action": submission.action, "payload": dict(submission.payload)},
    )
    if fields:
        return Refused(
            error=error_body(
                ErrorCode.DUPLICATE_REQUEST,
                f"The id '{submission.client_id}' belongs to another request, which differs in: {', '.join(fields)}",
                details={"request_id": str(row.id), "fields": fields},
            )
        )
    return Accepted(
        request_id=row.id, duplicate=True, status=row.status, position=0, estimated_seconds=row.estimated_seconds
    )
