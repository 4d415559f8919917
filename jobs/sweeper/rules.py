"""The rules that move stuck requests on. Each rule is idempotent and takes a bounded batch."""

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Model, Q, QuerySet

from jobs.bulk.shares import end_orphans
from jobs.contract.base import Handler
from jobs.contract.registry import all_handlers, find_handler
from jobs.data.datasets.store import remove
from jobs.errors import ErrorCode, TimedOut, error_body
from jobs.execution.deadlines import time_up, timeout_error
from jobs.files.expiry import announce_expiring
from jobs.files.scratch import dead_folders
from jobs.files.scratch import delete as delete_scratch
from jobs.files.storage import StorageAway
from jobs.log.endings import end_attempt
from jobs.log.events import NotOwner
from jobs.log.outcomes import CancelledOutcome, CancelMode, Failed, Outcome, Repeated
from jobs.metrics.minutes import delete_old_minutes, settle_minutes
from jobs.metrics.service import ServiceMinutes, delete_old_service_minutes
from jobs.models import FINAL, Artifact, AsyncRequest, Dataset
from jobs.operations.acts import carry_on_all
from jobs.queue.caps import count_running
from jobs.queue.claims import waiting
from jobs.queue.key_limits import forget_old_starts
from jobs.queue.names import own_queues
from jobs.queue.wakeups import breaker, ring, waiting_rings
from jobs.sweeper.endings import end_overdue_endings, hand_on_lost_endings, ring_waiting_endings
from jobs.sweeper.losses import after_loss
from jobs.sweeper.lost_ends import record_end_of
from jobs.sweeper.orphans import OrphanSweep
from jobs.sweeper.ownership import (
    CANCELLED_WAITING,
    DUE_RETRIES,
    EXPIRED,
    LOST_ATTEMPTS,
    LOST_ENDINGS,
    LOST_RINGS,
    OVERDUE_CANCELS,
    OVERDUE_ENDINGS,
    OVERDUE_RETRIES,
    WAITING_ENDINGS,
    Ownership,
)
from jobs.sweeper.retention import Retention
from jobs.usage.daily import delete_old_usage, settle_usage
from jobs.usage.stored import add_bytes, settle

logger = logging.getLogger(__name__)

BATCH = 200
_SERVICE_MINUTES = ServiceMinutes()


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule. ``sweep`` moves on the rows that the rule is about and returns their number."""

    name: str
    sweep: Callable[[datetime], int]
    apart: bool = False
    """True: it may take long, or asks the file storage, which may be slow. So it is applied on another thread."""
    judges_silence: bool = False
    """True: it takes silent attempts for dead, so it is not applied right after an outage."""


def ring_again(now: datetime) -> int:
    """Requests that could run, in a queue where no ring waits: a ring was lost, or a retry has come due."""
    rows = waiting(own_queues(), now).filter(LOST_RINGS.stuck(now))
    # Whoever waits for its user or tenant to run less is claimed when a run ends: to be woken for it is in vain.
    queues = count_running().leave_out_full(rows)
    names = list(queues.order_by().values_list("queue", flat=True).distinct())
    lost: list[str] = []
    breaker.call(lambda: lost.extend(name for name in names if waiting_rings(name) == 0))
    ring(lost)
    return len(lost)


def ring_due_retries(now: datetime) -> int:
    """Retries whose pause ended since the last sweep: nobody else rings for them."""
    due = waiting(own_queues(), now).filter(DUE_RETRIES.stuck(now))
    names = list(due.order_by().values_list("queue", flat=True).distinct())
    ring(names)
    return len(names)


def recover_lost_attempts(now: datetime) -> int:
    """Attempts whose lease ran out: the worker died, or was cut off."""
    return _end_stuck(LOST_ATTEMPTS, now, lambda row: _after_loss(row, now))


def cancel_waiting(now: datetime) -> int:
    """Requests that wait although they are to be cancelled: nobody would claim them."""
    return _end_stuck(CANCELLED_WAITING, now, lambda row: _cancelled(row, mode="before_start"))


def cancel_running(now: datetime) -> int:
    """Attempts past the grace of their cancel: no thread of their process can hear it, or it is frozen."""
    return _end_stuck(OVERDUE_CANCELS, now, lambda row: _cancelled(row, mode="killed"))


def expire_waiting(now: datetime) -> int:
    """Expire requests that never started within the time that their client gave them."""
    error = error_body(
        ErrorCode.EXPIRED, "The request was not started within the time that its client gave it (expires_in)"
    )
    return _end_stuck(EXPIRED, now, lambda row: Failed(error=error))


def end_overdue_retries(now: datetime) -> int:
    """Requests that wait for another attempt although all that they may take together is over."""
    return _end_stuck(OVERDUE_RETRIES, now, _past_total)


def delete_expired_artifacts(now: datetime) -> int:
    """Delete the file, then the row: if the storage does not answer, the next sweep tries again."""

    def delete(row: Artifact) -> None:
        if not Artifact.objects.filter(storage_name=row.storage_name).exclude(id=row.id).exists():
            default_storage.delete(row.storage_name)
        with transaction.atomic():
            if Artifact.objects.filter(id=row.id).delete()[0]:
                add_bytes({row.tenant_id: -row.size_bytes})
            if row.request_id is not None:
                AsyncRequest.objects.filter(id=row.request_id, status__in=FINAL).update(files_expired_at=now)

    return _delete_each(Artifact.objects.filter(expires_at__lte=now), delete)


def delete_expired_datasets(now: datetime) -> int:
    """Datasets past their time, and those whose deletion was interrupted."""
    return _delete_each(Dataset.objects.expired(now).defer("sample"), remove)


def settle_stored_bytes(now: datetime) -> int:
    """Keep the sums of what tenants store small and true. It moves no request, so it has nothing to log."""
    settle(now)
    return 0


def forget_starts(now: datetime) -> int:
    """Starts that no limit per minute counts any more. It moves no request, so it has nothing to log."""
    forget_old_starts(now)
    return 0


def settle_all_minutes(now: datetime) -> int:
    """Add up what came of requests, then the minutes of the service. It moves no request on, so the count is 0."""
    _SERVICE_MINUTES.look(now)
    if not settle_minutes(now):
        _SERVICE_MINUTES.settle(now)
    return 0


def delete_all_old_minutes(now: datetime) -> int:
    return delete_old_minutes(now) + delete_old_service_minutes(now)


def settle_daily_usage(now: datetime) -> int:
    """Keep the entries of daily use few. It moves no request, so it has nothing to log."""
    settle_usage()
    return 0


def delete_dead_scratch(now: datetime) -> int:
    return delete_scratch(dead_folders())


RULES = (
    Rule(name=LOST_ATTEMPTS.rule, sweep=recover_lost_attempts, judges_silence=True),
    Rule(name=CANCELLED_WAITING.rule, sweep=cancel_waiting),
    Rule(name=OVERDUE_CANCELS.rule, sweep=cancel_running),
    Rule(name=WAITING_ENDINGS.rule, sweep=ring_waiting_endings),
    Rule(name=LOST_ENDINGS.rule, sweep=hand_on_lost_endings, judges_silence=True),
    Rule(name=OVERDUE_ENDINGS.rule, sweep=end_overdue_endings),
    Rule(name=EXPIRED.rule, sweep=expire_waiting),
    Rule(name=OVERDUE_RETRIES.rule, sweep=end_overdue_retries),
    Rule(name=LOST_RINGS.rule, sweep=ring_again),
    Rule(name=DUE_RETRIES.rule, sweep=ring_due_retries),
    Rule(name="orphaned shares", sweep=end_orphans),
    Rule(name="expiring artifacts", sweep=announce_expiring),
    Rule(name="acts of operators", sweep=carry_on_all, apart=True),
    Rule(name="expired artifacts", sweep=delete_expired_artifacts, apart=True),
    Rule(name="expired datasets", sweep=delete_expired_datasets, apart=True),
    Rule(name="files of nobody", sweep=OrphanSweep(), apart=True),
    Rule(name="scratch of nobody", sweep=delete_dead_scratch, apart=True),
    Rule(name="old requests", sweep=Retention(), apart=True),
    Rule(name="limited starts", sweep=forget_starts, apart=True),
    Rule(name="stored bytes", sweep=settle_stored_bytes, apart=True),
    Rule(name="daily usage", sweep=settle_daily_usage, apart=True),
    Rule(name="old usage", sweep=delete_old_usage, apart=True),
    Rule(name="minutes of metrics", sweep=settle_all_minutes, apart=True),
    Rule(name="old metrics", sweep=delete_all_old_minutes, apart=True),
)

M = TypeVar("M", bound=Model)


def _some(rows: QuerySet[M]) -> list[M]:
    # Unsorted: to be sorted by time, as they are elsewhere, the database might look for few rows among all.
    return list(rows.order_by()[:BATCH])


def _delete_each(rows: QuerySet[M], delete: Callable[[M], object]) -> int:
    """Delete each and return the count. A failed one holds up no other; a later sweep tries it again."""
    deleted = 0
    for row in _some(rows):
        try:
            delete(row)
        except StorageAway:  # nor could the others be
            raise
        except OSError as error:
            logger.warning("The file of %s %s cannot be deleted: %s", row._meta.verbose_name, row.pk, error)
        else:
            deleted += 1
    return deleted


def _end_stuck(ownership: Ownership, now: datetime, outcome_of: Callable[[AsyncRequest], Outcome]) -> int:
    """End some of the attempts or requests that are stuck in that way; how many had not moved on by themselves."""
    moved = 0
    for row in _some(AsyncRequest.objects.filter(ownership.stuck(now))):
        outcome = outcome_of(row)
        still = ownership.stuck(now) & Q(attempt=row.attempt)
        if isinstance(outcome, Repeated):
            still &= outcome.condition
        with suppress(NotOwner):
            wakes = end_attempt(row, outcome, where=still)
            record_end_of(row, outcome)
            if wakes:
                ring([row.queue])
            moved += 1
    return moved


def _cancelled(row: AsyncRequest, *, mode: CancelMode) -> Outcome:
    assert row.cancel_requested_at is not None
    return CancelledOutcome.since(row.cancel_requested_at, mode=mode)


def _past_total(row: AsyncRequest) -> Outcome:
    total = all_handlers()[row.action].total_seconds
    assert total is not None
    return Failed(error=timeout_error(TimedOut(reason="request", seconds=total)))


def _after_loss(row: AsyncRequest, now: datetime) -> Outcome:
    handler = find_handler(row.action)
    if row.cancel_requested_at is not None:
        return _cancelled(row, mode="killed")
    if handler is not None:
        total, attempt = now - (row.started_at or now), now - (row.attempt_started_at or now)
        late = time_up(handler, total_seconds=total.total_seconds(), attempt_seconds=attempt.total_seconds())
        if late is not None:
            return Failed(error=timeout_error(late))
    return after_loss(row, handler or Handler, now)
