"""The rules that move stuck requests on. Each rule is idempotent and takes a bounded batch."""

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from django.conf import settings
from django.core.files.storage import default_storage
from django.db.models import Max, Model, Q, QuerySet

from jobs.bulk.shares import end_orphans
from jobs.contract.registry import all_handlers, find_handler
from jobs.data.datasets.store import remove
from jobs.errors import ErrorCode, TimedOut, error_body
from jobs.execution.deadlines import time_up, timeout_error
from jobs.files.expiry import announce_expiring
from jobs.files.scratch import dead_folders
from jobs.files.scratch import delete as delete_scratch
from jobs.files.storage import StorageAway
from jobs.log.events import NotOwner, append
from jobs.log.outcomes import CancelledOutcome, CancelMode, Failed, Outcome, Repeated
from jobs.models import FINAL, Artifact, AsyncRequest, Dataset
from jobs.queue.caps import count_running
from jobs.queue.claims import waiting
from jobs.queue.names import own_queues
from jobs.queue.wakeups import ring, waiting_rings
from jobs.sweeper.orphans import OrphanSweep
from jobs.sweeper.ownership import (
    CANCELLED_WAITING,
    DUE_RETRIES,
    EXPIRED,
    LOST_ATTEMPTS,
    LOST_RINGS,
    OVERDUE_CANCELS,
    OVERDUE_RETRIES,
    Ownership,
)

logger = logging.getLogger(__name__)

BATCH = 200
_MAX_LOSSES = 2


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule. ``sweep`` moves on the rows that the rule is about and returns their number."""

    name: str
    sweep: Callable[[datetime], int]
    apart: bool = False
    """True: it asks the file storage, which may be slow, so it is applied on another thread."""
    judges_silence: bool = False
    """True: it takes silent attempts for dead, so it is not applied right after an outage."""


def ring_again(now: datetime) -> int:
    """Requests that could run, in a queue where no ring waits: a ring was lost, or a retry has come due."""
    rows = waiting(own_queues(), now).filter(LOST_RINGS.stuck(now))
    # Whoever waits for its user or tenant to run less is claimed when a run ends: to be woken for it is in vain.
    queues = count_running().leave_out_full(rows)
    names = [name for name in queues.order_by().values_list("queue", flat=True).distinct() if waiting_rings(name) == 0]
    ring(names)
    return len(names)


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
    error = error_body(ErrorCode.EXPIRED, "The request was not started in the time it was given")
    return _end_stuck(EXPIRED, now, lambda row: Failed(error=error))


def end_overdue_retries(now: datetime) -> int:
    """Requests that wait for another attempt although all that they may take together is over."""
    return _end_stuck(OVERDUE_RETRIES, now, _past_total)


def delete_expired_artifacts(now: datetime) -> int:
    """Delete the file, then the row: if the storage does not answer, the next sweep tries again."""

    def delete(row: Artifact) -> None:
        if not Artifact.objects.filter(storage_name=row.storage_name).exclude(id=row.id).exists():
            default_storage.delete(row.storage_name)
        row.delete()
        if row.request_id is not None:
            AsyncRequest.objects.filter(id=row.request_id, status__in=FINAL).update(files_expired_at=now)

    return _delete_each(Artifact.objects.filter(expires_at__lte=now), delete)


def delete_expired_datasets(now: datetime) -> int:
    """Datasets past their time, and those whose deletion was interrupted."""
    return _delete_each(Dataset.objects.expired(now).defer("sample"), remove)


def delete_old_requests(now: datetime) -> int:
    """Delete finished requests past their retention, which begins anew when their last file is deleted."""
    before = now - timedelta(days=settings.STREAMER_RETENTION_DAYS)
    old = AsyncRequest.objects.filter(status__in=FINAL, finished_at__lt=before).exclude(files_expired_at__gte=before)
    ids = [row.id for row in _some(old.annotate(kept_until=Max("artifacts__expires_at")).filter(kept_until=None))]
    AsyncRequest.objects.filter(id__in=ids).delete()
    return len(ids)


def delete_dead_scratch(now: datetime) -> int:
    return delete_scratch(dead_folders())


RULES = (
    Rule(name=LOST_ATTEMPTS.rule, sweep=recover_lost_attempts, judges_silence=True),
    Rule(name=CANCELLED_WAITING.rule, sweep=cancel_waiting),
    Rule(name=OVERDUE_CANCELS.rule, sweep=cancel_running),
    Rule(name=EXPIRED.rule, sweep=expire_waiting),
    Rule(name=OVERDUE_RETRIES.rule, sweep=end_overdue_retries),
    Rule(name=LOST_RINGS.rule, sweep=ring_again),
    Rule(name=DUE_RETRIES.rule, sweep=ring_due_retries),
    Rule(name="orphaned shares", sweep=end_orphans),
    Rule(name="expiring artifacts", sweep=announce_expiring),
    Rule(name="expired artifacts", sweep=delete_expired_artifacts, apart=True),
    Rule(name="expired datasets", sweep=delete_expired_datasets, apart=True),
    Rule(name="files of nobody", sweep=OrphanSweep(), apart=True),
    Rule(name="scratch of nobody", sweep=delete_dead_scratch, apart=True),
    Rule(name="old requests", sweep=delete_old_requests),
)

M = TypeVar("M", bound=Model)


def _some(rows: QuerySet[M]) -> list[M]:
    return list(rows[:BATCH])


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
            append(row.id, [outcome.draft()], where=still, changes=outcome.changes())
            moved += 1
        if isinstance(outcome, Repeated):
            ring([row.queue])
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
    lost = {"lost_count": 1}
    if row.lost_count + 1 >= _MAX_LOSSES:
        text = f"The worker was lost {row.lost_count + 1} times while it ran this request"
        return Failed(error=error_body(ErrorCode.WORKER_LOST, text), counts=lost)
    text = "The worker was lost; another one starts over"
    return Repeated(error=error_body(ErrorCode.WORKER_LOST, text), retry_at=now, counts=lost)
