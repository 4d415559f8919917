"""The rules about endings: a worker is woken, a lost one replaced, and what is not made in time is gone without."""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from django.db.models import Q

from jobs.log.endings import Ending
from jobs.log.events import NotOwner, append
from jobs.models import AsyncRequest
from jobs.queue.names import own_queues
from jobs.queue.wakeups import ring, waiting_rings
from jobs.sweeper.ownership import LOST_ENDINGS, OVERDUE_ENDINGS, WAITING_ENDINGS, Ownership

BATCH = 200
MAX_LOSSES = 2
"""The number of workers lost with one receipt after which the request ends without it."""


def ring_waiting_endings(now: datetime) -> int:
    """Endings that no worker has taken, in a queue where no ring waits."""
    rows = AsyncRequest.objects.filter(WAITING_ENDINGS.stuck(now), queue__in=own_queues())
    names = [name for name in rows.order_by().values_list("queue", flat=True).distinct() if waiting_rings(name) == 0]
    ring(names)
    return len(names)


def hand_on_lost_endings(now: datetime) -> int:
    """Endings whose worker was lost: another one makes the receipt, or the request ends without it."""
    moved = 0
    for row in _some(LOST_ENDINGS, now):
        ending = Ending.read(row)
        assert ending is not None
        again = replace(ending, losses=ending.losses + 1)
        if again.losses >= MAX_LOSSES:
            moved += _end(row, ending, LOST_ENDINGS, now)
            continue
        with suppress(NotOwner):
            append(row.id, [], where=_still(row, LOST_ENDINGS, now), changes=again.queued())
            moved += 1
            ring([row.queue])
    return moved


def end_overdue_endings(now: datetime) -> int:
    """End requests whose receipt was not made in its time."""
    rows = ((row, Ending.read(row)) for row in _some(OVERDUE_ENDINGS, now))
    return sum(_end(row, ending, OVERDUE_ENDINGS, now) for row, ending in rows if ending is not None)


def _end(row: AsyncRequest, ending: Ending, ownership: Ownership, now: datetime) -> int:
    outcome = ending.final()
    try:
        append(row.id, [outcome.draft()], where=_still(row, ownership, now), changes=outcome.changes())
    except NotOwner:
        return 0
    return 1


def _some(ownership: Ownership, now: datetime) -> list[AsyncRequest]:
    return list(AsyncRequest.objects.filter(ownership.stuck(now)).order_by()[:BATCH])


def _still(row: AsyncRequest, ownership: Ownership, now: datetime) -> Q:
    return ownership.stuck(now) & Q(attempt=row.attempt, attempt_token=row.attempt_token)
