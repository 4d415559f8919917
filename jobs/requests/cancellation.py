"""Cancel requests: a waiting one ends at once, a running one is asked to stop."""

import uuid

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from jobs.log.endings import end_attempt
from jobs.log.events import NotOwner
from jobs.log.outcomes import CancelledOutcome
from jobs.log.publishing import publish_changes
from jobs.models import FINAL, LIVE, WAITING, AsyncRequest, Status
from jobs.queue.wakeups import ring
from jobs.requests.reads import NotFound


class AlreadyFinished(Exception):
    """The request has ended, so it cannot be cancelled. The text names its status."""


def request_cancel(request_id: uuid.UUID, *, owner: Q | None = None) -> AsyncRequest:
    """Cancel a waiting request at once, or ask a running attempt to stop. Return the row as it then is.

    One that waits for another attempt, and whose handler makes receipts, ends once a worker has made it.
    ``owner`` narrows whose requests may be cancelled; None is for operators. Raises ``NotFound``, ``AlreadyFinished``.
    """
    rows = AsyncRequest.objects.filter(owner or Q(), id=request_id)
    while True:
        row = rows.first()
        if row is None:
            raise NotFound(str(request_id))
        if row.status in FINAL:
            raise AlreadyFinished(row.status)
        if _cancel_in_state(row):
            cancel_children(request_id)
            return rows.get()


def cancel_on_disconnect(where: Q) -> int:
    """Cancel the requests among ``where`` that end with their connection. Return their number.

    One statement marks them all, and no worker takes one that is marked. If this process dies before those that wait
    have their final event, the sweeper gives it to them.
    """
    now = timezone.now()
    live = AsyncRequest.objects.filter(cancel_on_disconnect=True, finished_at__isnull=True)
    wanted = live.filter(where, cancel_requested_at__isnull=True, ending_until__isnull=True)
    count = wanted.update(cancel_requested_at=now, changed_at=now)
    if count:
        rows = list(live.filter(where, cancel_requested_at=now).defer("payload"))
        running = [((row.tenant_id, row.user_id), row.id) for row in rows if row.status == Status.PROCESSING]
        transaction.on_commit(lambda: publish_changes(running), robust=True)
        for row in rows:
            if row.status in WAITING:
                _cancel_in_state(row)
            cancel_children(row.id)
    return count


def cancel_children(request_id: uuid.UUID) -> int:
    """End the requests that share the work of a request. Return how many had not ended."""
    children = AsyncRequest.objects.filter(parent_id=request_id, status__in=LIVE, cancel_requested_at__isnull=True)
    return sum(map(_cancel_in_state, children))


def _cancel_in_state(row: AsyncRequest) -> bool:
    """Cancel a row in a known status. Return False when its status has changed, so that the caller looks again."""
    if row.ending_until is not None:
        return True  # it ends already, and its outcome is decided
    if row.status == Status.PROCESSING:
        running = AsyncRequest.objects.filter(id=row.id, status=Status.PROCESSING, ending_until__isnull=True)
        now = timezone.now()
        if not running.update(cancel_requested_at=row.cancel_requested_at or now, changed_at=now):
            return False
        transaction.on_commit(lambda: publish_changes([((row.tenant_id, row.user_id), row.id)]), robust=True)
        return True
    outcome = CancelledOutcome(mode="before_start", seconds=0.0)
    try:
        wakes = end_attempt(row, outcome, where=Q(status__in=WAITING, attempt=row.attempt))
    except NotOwner:
        return False
    if wakes:
        transaction.on_commit(lambda: ring([row.queue]), robust=True)
    return True
