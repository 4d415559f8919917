"""Store requests, all in one transaction. Workers are woken after the commit, which may fail without harm."""

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import cached_property
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from jobs.errors import ErrorBody, ErrorCode, error_body
from jobs.log.announcing import announce_submitted, is_announced
from jobs.log.events import NotOwner, append
from jobs.log.outcomes import FromCache
from jobs.models import AsyncRequest, Status
from jobs.queue.estimates import learned_seconds
from jobs.requests.differences import differing_fields, in_words
from jobs.requests.room import Room
from jobs.requests.storing import Key, Stored, Waiting, count_waiting, find_stored, index_tags, insert, prepare
from jobs.usage.daily import Spent, Use, add_use
from jobs.usage.quotas import daily_room
from jobs.usage.stored import add_bytes, is_counted, json_bytes


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
    title: str = ""
    """The text that tells it from other requests."""
    limit_key: str | None = None
    """The key that limits of its handler count by. None: no limit holds."""
    client_id: str | None = None
    """The client's idempotency key. None: every submission is a new request."""
    connection_id: uuid.UUID | None = None
    cancel_on_disconnect: bool = False
    """True: it is cancelled when that connection ends."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    tags: Sequence[str] = ()
    """Texts by which the user finds it, each once."""
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
    redo_of: uuid.UUID | None = None
    """The request that it does again. A client cannot set it by itself."""
    trace: str | None = None
    """The span that it is submitted in, as a ``traceparent``. None: it is not traced."""
    request_id: uuid.UUID = field(default_factory=uuid.uuid4)

    @cached_property
    def stored_bytes(self) -> int:
        """The bytes that it takes of its tenant's quota."""
        return json_bytes(self.payload) + json_bytes(self.metadata) + (json_bytes(self.tags) if self.tags else 0)


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
    title: str
    cached: bool = False
    """True: it has ended already, with the result of an earlier request."""


@dataclass(frozen=True, kw_only=True)
class Refused:
    """Nothing was stored, and ``error`` says why."""

    error: ErrorBody
    is_queue_full: bool = False
    """True: too many requests of the user wait."""


def submit_many(submissions: Sequence[Submission]) -> list[Accepted | Refused]:
    """Store all of them in one transaction; the outcomes come in the same order."""
    submissions = [_with_learned_estimate(item) for item in submissions]
    # Before the transaction, so that no lock is held meanwhile.
    rows = {item.request_id: _row(item) for item in submissions}
    prepared = {request_id: prepare(row) for request_id, row in rows.items()}
    keys = {key for item in submissions if (key := _key(item))}
    with transaction.atomic():
        waiting = _count_waiting(submissions)
        daily = daily_room({item.tenant_id for item in submissions}, waiting.with_own_quota, timezone.now())
        room = Room(waiting, daily)
        stored = find_stored(keys)
        known, admitted = set(stored), []
        for submission in submissions:
            owner, key = (submission.tenant_id, submission.user_id), _key(submission)
            needs_place = not (submission.cached or submission.unlimited)
            if key not in known and room.take(owner, submission.stored_bytes, needs_place=needs_place):
                admitted.append(submission)
                known |= {key} - {None}  # an id that is given twice needs room for one request
        # Sorted by key, so that two processes that store the same ids cannot deadlock.
        admitted.sort(key=lambda item: (item.tenant_id, item.user_id, item.client_id or ""))
        if insert([prepared[item.request_id] for item in admitted]):
            stored |= {key: _stored(item) for item in admitted if (key := _key(item))}
        else:
            # Read back: two submissions with one client id, from any process, leave exactly one row.
            stored |= find_stored(keys)
        if tagged := [item.request_id for item in admitted if item.tags]:
            index_tags(tagged)
        fresh = {item.request_id for item in admitted}
        added: Counter[str] = Counter()
        number: Counter[str] = Counter()
        for submission in admitted:
            if _is_own(submission, stored):
                number[submission.tenant_id] += 1
                if is_announced():
                    announce_submitted(AsyncRequest(**rows[submission.request_id]))
                added[submission.tenant_id] += submission.stored_bytes
        add_bytes(added)
        refused = Counter(item.tenant_id for item in submissions if _is_refused(item, fresh, stored))
        add_use(
            {
                tenant_id: Use(requests=number[tenant_id], bytes_written=added[tenant_id], refused=refused[tenant_id])
                for tenant_id in number | refused
            }
        )
        for submission in admitted:
            _end_if_cached(submission, stored)
    return [_outcome(item, fresh, stored, waiting.of_queue, room) for item in submissions]


def _is_refused(submission: Submission, fresh: set[uuid.UUID], stored: Mapping[Key | None, Stored]) -> bool:
    """Return True if a limit kept the request from being stored."""
    return submission.request_id not in fresh and _key(submission) not in stored


def _is_own(submission: Submission, stored: Mapping[Key | None, Stored]) -> bool:
    """Return True unless another request has its client id."""
    row = stored.get(_key(submission))
    return row is None or row.id == submission.request_id


def _end_if_cached(submission: Submission, stored: Mapping[Key | None, Stored]) -> None:
    if submission.cached is None or not _is_own(submission, stored):
        return
    outcome = submission.cached
    with suppress(NotOwner):  # a second try after a commit whose answer was lost: the request has ended already
        spent = Spent(seconds=0.0, bytes_before=submission.stored_bytes)
        where = Q(status=Status.PENDING)
        append(submission.request_id, [outcome.draft()], where=where, changes=outcome.changes(), spent=spent)


def _with_learned_estimate(submission: Submission) -> Submission:
    learned = learned_seconds(submission.action)
    return submission if learned is None else replace(submission, estimated_seconds=learned)


def _key(submission: Submission) -> Key | None:
    if submission.client_id is None:
        return None
    return (submission.tenant_id, submission.user_id, submission.client_id)


def _count_waiting(submissions: Sequence[Submission]) -> Waiting:
    tenant_ids = {item.tenant_id for item in submissions}
    owners = {(item.tenant_id, item.user_id) for item in submissions}
    return count_waiting(owners, {item.queue for item in submissions}, tenant_ids, counts_bytes=is_counted())


def _stored(submission: Submission) -> Stored:
    return Stored(
        id=submission.request_id,
        action=submission.action,
        payload=submission.payload,
        status=Status.PENDING,
        estimated_seconds=submission.estimated_seconds,
        title=submission.title,
    )


def _row(submission: Submission) -> dict[str, Any]:
    now = timezone.now()
    expires_in = submission.expires_in_seconds
    return {
        "id": submission.request_id,
        "tenant_id": submission.tenant_id,
        "user_id": submission.user_id,
        "client_id": submission.client_id,
        "connection_id": submission.connection_id,
        "cancel_on_disconnect": submission.cancel_on_disconnect,
        "action": submission.action,
        "title": submission.title,
        "queue": submission.queue,
        "payload": submission.payload,
        "metadata": submission.metadata,
        "tags": list(submission.tags) or None,
        "stored_bytes": submission.stored_bytes,
        "priority": submission.priority,
        "estimated_seconds": submission.estimated_seconds,
        "limit_key": submission.limit_key,
        "created_at": now,
        "available_at": now,
        "changed_at": now,
        "order_at": now - timedelta(seconds=submission.priority),
        "cache_key": submission.cache_key,
        "redo_of": submission.redo_of,
        "trace": submission.trace,
        "expires_at": None if expires_in is None else now + timedelta(seconds=expires_in),
    }


def _outcome(
    submission: Submission,
    fresh: set[uuid.UUID],
    stored: Mapping[Key | None, Stored],
    queue_lengths: dict[str, int],
    room: Room,
) -> Accepted | Refused:
    row = stored.get(_key(submission))
    if row is not None and row.id != submission.request_id:
        return _attached(submission, row)
    if _is_refused(submission, fresh, stored):
        if (error := room.tenant_refusal(submission.tenant_id, submission.stored_bytes)) is not None:
            return Refused(error=error)
        return Refused(error=room.too_many_waiting(), is_queue_full=True)
    is_cached = submission.cached is not None
    if not is_cached:
        queue_lengths[submission.queue] = queue_lengths.get(submission.queue, 0) + 1
    return Accepted(
        request_id=submission.request_id,
        duplicate=False,
        status=Status.COMPLETED if is_cached else Status.PENDING,
        position=0 if is_cached else queue_lengths[submission.queue],
        estimated_seconds=0.0 if is_cached else submission.estimated_seconds,
        title=submission.title,
        cached=is_cached,
    )


def _attached(submission: Submission, row: Stored) -> Accepted | Refused:
    fields = differing_fields(
        {"action": row.action, "payload": row.payload},
        {"action": submission.action, "payload": dict(submission.payload)},
    )
    if fields:
        return Refused(
            error=error_body(
                ErrorCode.DUPLICATE_REQUEST,
                f"The id '{submission.client_id}' belongs to another request, which differs in: {in_words(fields)}",
                details={"request_id": str(row.id), "fields": fields},
            )
        )
    return Accepted(
        request_id=row.id,
        duplicate=True,
        status=row.status,
        position=0,
        estimated_seconds=row.estimated_seconds,
        title=row.title,
    )
