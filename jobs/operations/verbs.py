"""The verbs of operators: cancel, retry, replay, priority and prune, each for several requests at a time."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from jobs.files.deletion import delete_files
from jobs.log.publishing import publish_changes
from jobs.models import FINAL, LIVE, WAITING, AsyncRequest, Status
from jobs.operations.tally import Tally
from jobs.queue.wakeups import ring
from jobs.requests.cancellation import AlreadyFinished, request_cancel
from jobs.requests.python_api.submission import MAX_PRIORITY
from jobs.requests.reads import NotFound
from jobs.requests.regeneration import NotFinished
from jobs.requests.removal.deletion import Finished, delete_finished
from jobs.requests.retrying import retry

__all__ = ["MAX_PRIORITY", "VERBS", "Verb", "cancel_all", "prioritise_all", "prune_all", "replay_all", "retry_all"]

_HEAVY: Final = ("payload", "result", "error", "resume_state")


def cancel_all(request_ids: Iterable[UUID], argument: int | None = None) -> Tally:
    """Cancel requests that wait, ask running ones to stop, and leave those that have ended."""
    tally = Tally()
    for request_id in request_ids:
        try:
            row = request_cancel(request_id)
        except NotFound:
            tally.counts["gone"] += 1
        except AlreadyFinished as finished:
            tally.counts[f"already {finished}"] += 1
        else:
            _count_cancel(tally, row)
    return tally


def retry_all(request_ids: Iterable[UUID], argument: int | None = None) -> Tally:
    """Run requests that failed or were cancelled again, as new ones, and try those now that wait for another attempt.

    Those that completed are left as they are: ``replay_all`` is for them.
    """
    tally = Tally()
    ids = list(request_ids)
    found = _rows(ids)
    for request_id in ids:
        row = found.get(request_id)
        if row is not None and row.status == Status.COMPLETED:
            tally.counts[f"already {row.status}"] += 1
        elif row is not None and row.status == Status.RETRYING and _hasten(row):
            tally.counts["hastened"] += 1
            tally.changed.append(row)
        else:
            _run_again(request_id, row, tally)
    _ring_for(tally)
    return tally


def replay_all(request_ids: Iterable[UUID], argument: int | None = None) -> Tally:
    """Run requests that have ended again, as new ones, whatever came of them."""
    tally = Tally()
    ids = list(request_ids)
    found = _rows(ids)
    for request_id in ids:
        _run_again(request_id, found.get(request_id), tally)
    _ring_for(tally)
    return tally


def prioritise_all(request_ids: Iterable[UUID], argument: int | None = None) -> Tally:
    """Give requests that wait a head start of ``argument`` seconds, in place of the one they have."""
    seconds = argument or 0
    tally = Tally()
    ids = list(request_ids)
    found = _rows(ids)
    for request_id in ids:
        row = found.get(request_id)
        if row is None:
            tally.counts["gone"] += 1
        elif _move(row, seconds):
            tally.counts["moved"] += 1
            tally.changed.append(row)
        else:
            row.refresh_from_db(fields=["status"])
            tally.counts[f"already {row.status}" if row.status in FINAL else "started"] += 1
    moved = [((row.tenant_id, row.user_id), row.id) for row in tally.changed]
    transaction.on_commit(lambda: publish_changes(moved), robust=True)
    return tally


def prune_all(request_ids: Iterable[UUID], argument: int | None = None) -> Tally:
    """Delete requests that have ended, with their logs and their files. What goes on stays.

    A file that cannot be deleted now has no row any more, and the sweeper deletes it.
    """
    tally = Tally()
    ids = list(request_ids)
    found = _rows(ids)
    ended = [row for row in found.values() if row.is_final]
    shared = AsyncRequest.objects.filter(parent_id__in=[row.id for row in ended], finished_at__isnull=True)
    busy = set(shared.values_list("parent_id", flat=True))
    going = [row for row in ended if row.id not in busy]
    rows = [Finished(id=row.id, last_seq=row.last_seq, tags=len(row.tags or ())) for row in going]
    names = delete_finished(rows)
    tally.counts.update({"deleted": len(going), "gone": len(ids) - len(found), "unfinished": len(found) - len(going)})
    tally.counts["files"] = len(names) - delete_files(names)
    tally.counts = +tally.counts
    return tally


@dataclass(frozen=True, kw_only=True)
class Verb:
    """One verb: what it does, to which requests, and how it is spoken of."""

    name: str
    do: Callable[[Iterable[UUID], int | None], Tally]
    statuses: Sequence[str]
    """It is for requests in these."""
    label: str
    """On a button, and in the list of the admin's actions."""
    will: str
    """``12 requests … ``: what is to happen to them."""
    consequence: str
    """For whoever is about to confirm."""
    permission: str = "jobs.change_asyncrequest"
    takes_priority: bool = False
    is_atomic: bool = False
    """True: a part that was cut off must leave nothing, because a second try would do it twice."""


VERBS: Final[Mapping[str, Verb]] = MappingProxyType(
    {
        verb.name: verb
        for verb in (
            Verb(
                name="cancel",
                do=cancel_all,
                statuses=LIVE,
                label="Cancel",
                will="would be cancelled",
                consequence="Those that wait end at once. Those that run are asked to stop, and then made to.",
            ),
            Verb(
                name="retry",
                do=retry_all,
                statuses=(Status.FAILED, Status.CANCELLED, Status.RETRYING),
                label="Retry",
                will="would be tried again",
                consequence=(
                    "Those that failed or were cancelled are run again, as new requests. "
                    "Those that wait for another attempt get it now."
                ),
                is_atomic=True,
            ),
            Verb(
                name="replay",
                do=replay_all,
                statuses=FINAL,
                label="Run again",
                will="would be run again",
                consequence="Each is run again as a new request of the same user, those that completed too.",
                is_atomic=True,
            ),
            Verb(
                name="priority",
                do=prioritise_all,
                statuses=WAITING,
                label="Change the priority",
                will="would be given the priority",
                consequence="The priority is a head start in the queue. Those that run already are left alone.",
                takes_priority=True,
            ),
            Verb(
                name="prune",
                do=prune_all,
                statuses=FINAL,
                label="Delete",
                will="would be deleted",
                consequence="Their logs, results and files are deleted with them. Nothing brings them back.",
                permission="jobs.delete_asyncrequest",
            ),
        )
    }
)


def _rows(ids: Sequence[UUID]) -> dict[UUID, AsyncRequest]:
    return AsyncRequest.objects.defer(*_HEAVY).in_bulk(ids)


def _run_again(request_id: UUID, row: AsyncRequest | None, tally: Tally) -> None:
    try:
        made = retry(request_id)
    except NotFound:
        tally.counts["gone"] += 1
    except NotFinished:
        tally.counts["live"] += 1
    else:
        tally.counts["submitted"] += 1
        tally.repeats[request_id] = made
        if row is not None:
            tally.changed.append(row)


def _hasten(row: AsyncRequest) -> bool:
    """Let the next attempt start now. Return False when the request does not wait for it any more."""
    now = timezone.now()
    waits = AsyncRequest.objects.filter(
        id=row.id, status=Status.RETRYING, attempt=row.attempt, ending_until__isnull=True, cancel_requested_at=None
    )
    return bool(waits.update(available_at=now, changed_at=now))


def _move(row: AsyncRequest, seconds: int) -> bool:
    waits = AsyncRequest.objects.filter(id=row.id, status__in=WAITING, finished_at__isnull=True)
    order_at = row.created_at - timedelta(seconds=seconds)
    return bool(waits.update(priority=seconds, order_at=order_at, changed_at=timezone.now()))


def _ring_for(tally: Tally) -> None:
    queues = [row.queue for row in tally.changed]
    transaction.on_commit(lambda: ring(queues), robust=True)


def _count_cancel(tally: Tally, row: AsyncRequest) -> None:
    """Count one cancel. ``row`` was read right after it; the request may have ended in another way meanwhile."""
    if row.status in (Status.COMPLETED, Status.FAILED):
        tally.counts[f"already {row.status}"] += 1
        return
    tally.counts["cancelled" if row.status == Status.CANCELLED else "asked"] += 1
    tally.changed.append(row)
