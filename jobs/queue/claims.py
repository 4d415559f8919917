"""The choice of the next request and its owner, made in SQL by one conditional UPDATE (``jobs.queue.choice``).

The next request is one of the tenant with the fewest running requests; among equal tenants, of the one that was served
longest ago. Of that tenant's requests it is the oldest, where a priority counts as seconds of age. Users, tenants and
actions at their cap of running requests are passed over, and so are keys and queues at their limits, paused actions and
queues, and long requests that would leave no worker to other tenants.
"""

import uuid
from collections.abc import Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from jobs.errors import ErrorCode, error_body
from jobs.log.endings import Ending
from jobs.log.events import NotOwner, append, start_chosen
from jobs.log.outcomes import Repeated
from jobs.log.starts import Head, Start, is_one_statement, look
from jobs.models import WAITING, AsyncRequest, PausedAction, PausedQueue, Status
from jobs.queue.caps import take_locks
from jobs.queue.choice import Guard, choice_of, is_due
from jobs.queue.control.overrides import live_overrides
from jobs.queue.key_limits import limits_of
from jobs.queue.presence import served_queues
from jobs.queue.reservation import is_long

# Several, because another worker may take what was found before this one has made sure that it may start it.
_TRIES = 8


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One attempt: the right to run a request and to write about it, until the lease ends."""

    request_id: uuid.UUID
    attempt: int
    token: uuid.UUID
    tenant_id: str
    user_id: str
    client_id: str | None
    action: str
    title: str
    queue: str
    payload: Mapping[str, Any]
    metadata: Mapping[str, Any]
    started_at: datetime
    """The start of the first attempt of the request."""
    errors_count: int
    """Earlier attempts of this request that ended with an error."""
    last_seq: int = 0
    """The number of the last event before any of this attempt's reports."""
    stored_bytes: int = 0
    """The bytes that the request took of its tenant's quota when this attempt began."""
    parent_id: uuid.UUID | None = None
    """The request whose work it shares; None: it stands for itself."""
    resume_state: Any = None
    """The last checkpoint of an earlier attempt; None when there is none."""
    redo_of: uuid.UUID | None = None
    """The request that this one does again; None when there is none."""
    ending: Ending | None = None
    """The ending to bring about. None: the claim is to run the handler."""
    trace: str | None = None
    """The span that the request was submitted in, as a ``traceparent``."""
    due_at: datetime | None = None
    """The moment from which on this attempt could have been claimed. None: it is not known."""

    @classmethod
    def of(
        cls, row: AsyncRequest, *, attempt: int, token: uuid.UUID, now: datetime, ending: Ending | None = None
    ) -> "Claim":
        """Make the claim of a row, as ``attempt``. ``now`` is its start if it has not started before."""
        return cls(
            request_id=row.id,
            attempt=attempt,
            token=token,
            tenant_id=row.tenant_id,
            user_id=row.user_id,
            client_id=row.client_id,
            action=row.action,
            title=row.title,
            queue=row.queue,
            payload=row.payload,
            metadata=row.metadata,
            started_at=row.started_at or now,
            errors_count=row.errors_count,
            last_seq=row.last_seq,
            stored_bytes=row.stored_bytes,
            parent_id=row.parent_id,
            resume_state=row.resume_state,
            redo_of=row.redo_of,
            ending=ending,
            trace=row.trace,
            due_at=row.available_at,
        )

    @property
    def fence(self) -> Q:
        """The condition on the row without which no write of this attempt counts."""
        return Q(status=Status.PROCESSING, attempt=self.attempt, attempt_token=self.token)


def claim_next(queues: Sequence[str], *, worker: str) -> Claim | None:
    """Claim the best waiting request of ``queues`` and log that it started; None when there is none."""
    guard = Guard()
    for _ in range(_TRIES if queues else 0):
        if is_one_statement():
            head, claim = _start(queues, worker, guard)
        else:
            # Looked for without the lock first, so that a worker without work holds up no writer.
            head, claim = look(choice_of(queues, worker, guard, timezone.now())), None
            if head is not None and _widened(guard, head) == guard:
                _, claim = _start(queues, worker, guard)
        if claim is not None or head is None:
            return claim
        guard = _widened(guard, head)
    return None


def _start(queues: Sequence[str], worker: str, guard: Guard) -> tuple[Head | None, Claim | None]:
    """Start the best request, unless it needs a wider guard. Return it, where it is known, and its claim."""
    now = timezone.now()
    choice = choice_of(queues, worker, guard, now)
    start = Start(worker=worker, token=uuid.uuid4(), lease_until=lease_end(), now=now)
    # A cap guards a scarce resource and a share the other tenants, so even two claims at one moment must not exceed it.
    with transaction.atomic() if guard.locks else nullcontext():
        take_locks(guard)
        chosen = start_chosen(choice, start)
    row = chosen.row
    return chosen.head, None if row is None else Claim.of(row, attempt=row.attempt, token=start.token, now=now)


def _widened(guard: Guard, head: Head) -> Guard:
    """Return the guard with which the head may be started."""
    served = guard.served
    if served is None and is_long(head.estimated_seconds):
        # Asked before the transaction, because Redis may be slow. Nobody's share is limited where it does not answer.
        served = served_queues() or {}
    if not is_one_statement():
        return Guard(served=served)
    overrides = live_overrides()
    is_capped = overrides.of_action(head.action) is not None
    has_limit = limits_of(head.action, overrides) is not None
    takes_share = bool(served) and is_long(head.estimated_seconds)
    return Guard(
        served=served,
        action=head.action if is_capped else "",
        limit_key=(head.limit_key or "") if has_limit else "",
        tenant_id=head.tenant_id if takes_share else "",
        queue=head.queue if overrides.of_queue(head.queue) is not None else "",
    )


def lease_end() -> datetime:
    return timezone.now() + timedelta(seconds=settings.STREAMER_LEASE_SECONDS)


def expire_leases_of(worker: str) -> int:
    """End the leases of a worker's dead child now, so that the sweeper need not wait for them to run out."""
    held = AsyncRequest.objects.filter(status=Status.PROCESSING, worker=worker)
    return held.update(lease_until=timezone.now())


def give_back(worker: str) -> int:
    """Return what is claimed in the worker's name to the queue, though it runs none of it. Count it as no loss.

    One that is to be cancelled, or whose end is decided, loses its lease instead, so that the sweeper hands it on.
    """
    text = "The worker lost its connection to the database before it began; another attempt follows"
    outcome = Repeated(error=error_body(ErrorCode.SERVICE_UNAVAILABLE, text), retry_at=timezone.now())
    claimed = AsyncRequest.objects.filter(status=Status.PROCESSING, worker=worker, ending_until__isnull=True)
    held = list(claimed.values_list("id", "attempt"))
    for request_id, attempt in held:
        where = Q(status=Status.PROCESSING, attempt=attempt, worker=worker) & outcome.condition
        with suppress(NotOwner):
            append(request_id, [outcome.draft()], where=where, changes=outcome.changes())
    return len(held) - expire_leases_of(worker)


def owns_any(worker: str) -> bool:
    """Return True if an attempt of this worker still has its request, and may go on with it."""
    held = AsyncRequest.objects.filter(status=Status.PROCESSING, worker=worker)
    over = timezone.now() - timedelta(seconds=settings.STREAMER_CANCEL_GRACE_SECONDS)
    in_time = Q(cancel_requested_at__isnull=True) | Q(cancel_requested_at__gt=over)
    return held.filter(in_time | Q(ending_until__isnull=False)).exists()


def waiting(queues: Sequence[str], now: datetime) -> QuerySet[AsyncRequest]:
    """Select the requests that may be claimed now, without regard to caps."""
    rows = AsyncRequest.objects.exclude(action__in=PausedAction.objects.values("action"))
    rows = rows.exclude(queue__in=PausedQueue.objects.values("queue"))
    return rows.filter(
        # A request that is retried has started in time before.
        Q(expires_at__isnull=True) | Q(expires_at__gt=now) | Q(status=Status.RETRYING),
        is_due(now),
        status__in=WAITING,
        queue__in=queues,
        cancel_requested_at__isnull=True,
    )
