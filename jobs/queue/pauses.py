"""Pauses of actions and of whole queues: their requests are accepted and wait."""

from django.db import transaction

from jobs.contract.registry import all_handlers
from jobs.models import WAITING, AsyncRequest, PausedAction, PausedQueue
from jobs.queue.names import own_queues
from jobs.queue.wakeups import ring

# One resume wakes at most this many workers; each wakes another when its shift is over.
_RINGS = 50


class UnknownAction(Exception):
    """No handler does this action. The text names the known actions."""


class UnknownQueue(Exception):
    """Streamer has no such queue. The text names its queues."""


class NotPaused(Exception):
    """The action or queue cannot be resumed, because it is not paused."""


def pause_action(action: str, *, reason: str = "", paused_by: str = "") -> PausedAction:
    """Start no more requests of ``action``. One that is paused stays so, with the new reason.

    Raises ``UnknownAction``. Inline runs go on: they are never stored.
    """
    if action not in all_handlers():
        raise UnknownAction(f"There is no action '{action}'; there are: {', '.join(all_handlers())}")
    row, _ = PausedAction.objects.update_or_create(
        action=action, defaults={"reason": reason[:255], "paused_by": paused_by[:150]}
    )
    return row


def resume_action(action: str) -> None:
    """Start requests of ``action`` again, and wake workers for those that wait. Raises ``NotPaused``."""
    with transaction.atomic():
        deleted, _ = PausedAction.objects.filter(action=action).delete()
        if deleted == 0:
            raise NotPaused(f"'{action}' is not paused")
        rows = AsyncRequest.objects.filter(action=action, status__in=WAITING).order_by()
        queues = list(rows.values_list("queue", flat=True)[:_RINGS])
        transaction.on_commit(lambda: ring(queues), robust=True)


def pause_queue(queue: str, *, reason: str = "", paused_by: str = "") -> PausedQueue:
    """Start no more requests of ``queue``. One that is paused stays so, with the new reason.

    Raises ``UnknownQueue``. What runs, runs on, and the ends of requests are not held up.
    """
    if queue not in own_queues():
        raise UnknownQueue(f"There is no queue '{queue}'; there are: {', '.join(own_queues())}")
    row, _ = PausedQueue.objects.update_or_create(
        queue=queue, defaults={"reason": reason[:255], "paused_by": paused_by[:150]}
    )
    return row


def resume_queue(queue: str) -> None:
    """Start requests of ``queue`` again, and wake its workers for those that wait. Raises ``NotPaused``."""
    with transaction.atomic():
        deleted, _ = PausedQueue.objects.filter(queue=queue).delete()
        if deleted == 0:
            raise NotPaused(f"'{queue}' is not paused")
        rings = min(count_waiting_in(queue), _RINGS)
        transaction.on_commit(lambda: ring([queue] * rings), robust=True)


def count_waiting(action: str) -> int:
    return AsyncRequest.objects.filter(action=action, status__in=WAITING).count()


def count_waiting_in(queue: str) -> int:
    return AsyncRequest.objects.filter(queue=queue, status__in=WAITING).count()
