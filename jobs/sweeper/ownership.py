"""The owner of each request that is not final, its time limit, and the sweeper rule that moves it on afterwards.

Nothing here runs: it is the table that promises "nothing is processing for ever". The rules ask their rows with its
conditions, and a test walks it. docs/reference/lifecycle.md explains it to operators.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from jobs.contract.registry import all_handlers
from jobs.log.endings import Ending
from jobs.models import WAITING, Status
from jobs.queue.choice import CLOCKS_DIFFER, is_due

RING_GRACE = timedelta(seconds=2)
"""The time that a ring has to be answered before another one is tried."""
CANCEL_REPORT_GRACE = timedelta(seconds=3)
"""The time after a cancel's grace in which a worker must say that it has ended the attempt."""


@dataclass(frozen=True, kw_only=True)
class Ownership:
    """One state in which a request can be stuck. ``overdue`` is the condition on its row at a moment."""

    statuses: tuple[Status, ...]
    owner: str
    deadline: str
    overdue: Callable[[datetime], Q]
    rule: str
    """The name of the rule in ``jobs.sweeper.rules``."""
    ends: bool = True
    """True: the rule changes the status at once. False: it wakes a worker, which does."""

    def stuck(self, now: datetime) -> Q:
        """The condition on a row that its rule is to move on."""
        return Q(status__in=self.statuses) & self.overdue(now)


def _last_heard_cancel(now: datetime) -> datetime:
    """Return the moment before which a cancel was asked for that has had its grace."""
    return now - timedelta(seconds=settings.STREAMER_CANCEL_GRACE_SECONDS) - CANCEL_REPORT_GRACE


def _past_total(now: datetime) -> Q:
    condition = Q(pk__in=[])
    for action, handler in all_handlers().items():
        if handler.total_seconds is not None:
            condition |= Q(action=action, started_at__lt=now - timedelta(seconds=handler.total_seconds))
    return condition


LOST_RINGS = Ownership(
    statuses=WAITING,
    owner="the queue",
    deadline="it is claimed within 2 s of being due, if a worker is free",
    overdue=lambda now: (
        Q(available_at__lte=now - RING_GRACE)
        # Due although its moment is to come: the clock was put back.
        | Q(is_due(now), available_at__gt=now)
    ),
    rule="lost rings",
    ends=False,
)
EXPIRED = Ownership(
    statuses=(Status.PENDING,),
    owner="the queue",
    deadline="the time its client gave it with expires_in",
    overdue=lambda now: Q(expires_at__lte=now),
    rule="expired requests",
)
CANCELLED_WAITING = Ownership(
    statuses=WAITING,
    owner="the queue",
    deadline="a cancel",
    overdue=lambda now: Q(cancel_requested_at__isnull=False),
    rule="cancelled requests",
)
DUE_RETRIES = Ownership(
    statuses=(Status.RETRYING,),
    owner="the queue",
    deadline="its pause is over",
    overdue=lambda now: Q(
        available_at__lte=now, available_at__gt=now - timedelta(seconds=2 * settings.STREAMER_SWEEP_SECONDS)
    ),
    rule="due retries",
    ends=False,
)
OVERDUE_RETRIES = Ownership(
    statuses=(Status.RETRYING,),
    owner="the queue",
    deadline="total_seconds of its handler, from its first start",
    overdue=_past_total,
    rule="overdue retries",
)
LOST_ATTEMPTS = Ownership(
    statuses=(Status.PROCESSING,),
    owner="one attempt",
    deadline="its lease; a living attempt renews it, and ends by itself at a timeout or a cancel",
    overdue=lambda now: Q(lease_until__lt=now, ending_until__isnull=True),
    rule="lost attempts",
)
OVERDUE_CANCELS = Ownership(
    statuses=(Status.PROCESSING,),
    owner="one attempt",
    deadline="the grace of a cancel",
    overdue=lambda now: Q(cancel_requested_at__lt=_last_heard_cancel(now), ending_until__isnull=True),
    rule="overdue cancels",
)
WAITING_ENDINGS = Ownership(
    statuses=(Status.PROCESSING,),
    owner="the queue",
    deadline="a worker makes its receipt within 2 s of being due, if one is free",
    overdue=lambda now: (
        Ending.waits
        & (Q(available_at__lte=now - RING_GRACE) | Q(changed_at__gt=now + CLOCKS_DIFFER))
        & Q(ending_until__gt=now)
    ),
    rule="waiting endings",
    ends=False,
)
LOST_ENDINGS = Ownership(
    statuses=(Status.PROCESSING,),
    owner="the worker that makes its receipt",
    deadline="its lease; a living worker renews it",
    overdue=lambda now: Ending.ends_here & Q(lease_until__lt=now, ending_until__gt=now),
    rule="lost endings",
    ends=False,
)
OVERDUE_ENDINGS = Ownership(
    statuses=(Status.PROCESSING,),
    owner="the queue, or the worker that makes its receipt",
    deadline="STREAMER_ENDING_SECONDS from the moment at which its end was decided",
    overdue=lambda now: Q(ending_until__lte=now),
    rule="overdue endings",
)

OWNERSHIP = (
    LOST_RINGS,
    EXPIRED,
    CANCELLED_WAITING,
    DUE_RETRIES,
    OVERDUE_RETRIES,
    LOST_ATTEMPTS,
    OVERDUE_CANCELS,
    WAITING_ENDINGS,
    LOST_ENDINGS,
    OVERDUE_ENDINGS,
)
