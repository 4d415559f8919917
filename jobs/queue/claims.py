"""The choice of the next request and its owner, made in SQL by one conditional UPDATE.

The next request is one of the tenant with the fewest running requests; among equal tenants, of the one that was served
longest ago. Of that tenant's requests it is the oldest, where a priority counts as seconds of age. Users, tenants and
actions at their cap of running requests are passed over, and so are paused actions.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from jobs.log.events import Draft, EventType, NotOwner, append
from jobs.models import WAITING, AsyncRequest, PausedAction, Status
from jobs.queue.caps import cap_of, count_running, has_room

# Several candidates, because another worker may take the first ones between the look and the UPDATE.
_CANDIDATES = 8


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
    queue: str
    payload: Mapping[str, Any]
    metadata: Mapping[str, Any]
    started_at: datetime
    """The start of the first attempt of the request."""
    errors_count: int
    """Earlier attempts of this request that ended with an error."""
    parent_id: uuid.UUID | None = None
    """The request whose work it shares; None: it stands for itself."""
    resume_state: Any = None
    """The last checkpoint of an earlier attempt; None when there is none."""

    @property
    def fence(self) -> Q:
        """The condition on the row without which no write of this attempt counts."""
        return Q(status=Status.PROCESSING, attempt=self.attempt, attempt_token=self.token)


def claim_next(queues: Sequence[str], *, worker: str) -> Claim | None:
    """Claim the best waiting request of ``queues`` and log that it started; None when there is none."""
    for row in _candidates(queues, timezone.now()):
        claim = _claim(row, worker)
        if claim is not None:
            return claim
    return None


def lease_end() -> datetime:
    return timezone.now() + timedelta(seconds=settings.STREAMER_LEASE_SECONDS)


def expire_leases_of(worker: str) -> int:
    """End the leases of a worker's dead child now, so that the sweeper need not wait for them to run out."""
    held = AsyncRequest.objects.filter(status=Status.PROCESSING, worker=worker)
    return held.update(lease_until=timezone.now())


def owns_any(worker: str) -> bool:
    """Return True if an attempt of this worker still has its request, and may go on with it."""
    held = AsyncRequest.objects.filter(status=Status.PROCESSING, worker=worker)
    over = timezone.now() - timedelta(seconds=settings.STREAMER_CANCEL_GRACE_SECONDS)
    return held.filter(Q(cancel_requested_at__isnull=True) | Q(cancel_requested_at__gt=over)).exists()


def waiting(queues: Sequence[str], now: datetime) -> QuerySet[AsyncRequest]:
    """Select the requests that may be claimed now, without regard to caps."""
    rows = AsyncRequest.objects.exclude(action__in=PausedAction.objects.values("action"))
    return rows.filter(
        # A request that is retried has started in time before.
        Q(expires_at__isnull=True) | Q(expires_at__gt=now) | Q(status=Status.RETRYING),
        status__in=WAITING,
        queue__in=queues,
        available_at__lte=now,
        cancel_requested_at__isnull=True,
    )


def _candidates(queues: Sequence[str], now: datetime) -> list[AsyncRequest]:
    running = count_running()
    rows = running.leave_out_full(waiting(queues, now))
    load = running.load()
    order = ["order_at"] if load is None else [load, "order_at"]
    return list(rows.order_by(*order)[:_CANDIDATES])


def _claim(row: AsyncRequest, worker: str) -> Claim | None:
    cap = cap_of(row.action)
    if cap is None:
        return _start(row, worker)
    # An action's cap guards a scarce resource, so even two claims at one moment must not exceed it.
    with transaction.atomic():
        return _start(row, worker) if has_room(row.action, cap) else None


def _start(row: AsyncRequest, worker: str) -> Claim | None:
    now = timezone.now()
    claim = Claim(
        request_id=row.id,
        attempt=row.attempt + 1,
        token=uuid.uuid4(),
        tenant_id=row.tenant_id,
        user_id=row.user_id,
        client_id=row.client_id,
        action=row.action,
        queue=row.queue,
        payload=row.payload,
        metadata=row.metadata,
        started_at=row.started_at or now,
        errors_count=row.errors_count,
        parent_id=row.parent_id,
        resume_state=row.resume_state,
    )
    try:
        append(
            row.id,
            [Draft(type=EventType.STARTED)],
            where=Q(status__in=WAITING, attempt=row.attempt, cancel_requested_at__isnull=True),
            changes={
                "status": Status.PROCESSING,
                "attempt": claim.attempt,
                "attempt_token": claim.token,
                "worker": worker,
                "lease_until": lease_end(),
                "started_at": claim.started_at,
                "attempt_started_at": now,
                "percentage": 0,
                "message": "",
            },
        )
    except NotOwner:
        return None
    return claim
