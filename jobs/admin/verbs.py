"""Cancel and retry several requests for an operator, each with a result of its own."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from jobs.models import AsyncRequest, Status
from jobs.queue.wakeups import ring
from jobs.requests.cancellation import AlreadyFinished, request_cancel
from jobs.requests.reads import NotFound
from jobs.requests.regeneration import NotFinished
from jobs.requests.retrying import retry

# Each request takes a transaction, so more would keep the browser waiting.
MAX_SELECTED = 500

_ONE_AND_MANY = {
    "cancelled": ("cancelled", "cancelled"),
    "asked": ("asked to stop", "asked to stop"),
    "submitted": ("submitted again", "submitted again"),
    f"already {Status.COMPLETED}": ("was already completed", "were already completed"),
    f"already {Status.FAILED}": ("had already failed", "had already failed"),
    f"already {Status.CANCELLED}": ("was already cancelled", "were already cancelled"),
    "live": ("is not finished and cannot be submitted again", "are not finished and cannot be submitted again"),
    "gone": ("does not exist any more", "do not exist any more"),
}


@dataclass(kw_only=True)
class Tally:
    """The results of one cancel or retry of several requests."""

    counts: Counter[str] = field(default_factory=Counter)
    changed: list[AsyncRequest] = field(default_factory=list)
    """The requests that were cancelled or retried, as they are afterwards."""
    made: list[UUID] = field(default_factory=list)
    """The new requests, in the order of ``changed``."""

    @property
    def is_complete(self) -> bool:
        """Return True if all requests were cancelled or retried."""
        return len(self.changed) == self.counts.total()

    def __str__(self) -> str:
        """Return a text such as ``3 cancelled, 1 was already completed``; for one request without the number."""
        counted = [(key, self.counts[key]) for key in _ONE_AND_MANY if self.counts[key]]
        if self.counts.total() == 1:
            return _ONE_AND_MANY[counted[0][0]][0]
        return ", ".join(f"{count} {_ONE_AND_MANY[key][count > 1]}" for key, count in counted)


def cancel_all(request_ids: Iterable[UUID]) -> Tally:
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


def retry_all(request_ids: Iterable[UUID]) -> Tally:
    """Submit requests that have ended again, as new ones, and wake workers for them."""
    tally = Tally()
    ids = list(request_ids)
    found = AsyncRequest.objects.defer("payload", "result", "error").in_bulk(ids)
    for request_id in ids:
        try:
            tally.made.append(retry(request_id))
        except NotFound:
            tally.counts["gone"] += 1
        except NotFinished:
            tally.counts["live"] += 1
        else:
            tally.counts["submitted"] += 1
            tally.changed.append(found[request_id])
    ring(row.queue for row in tally.changed)
    return tally


def _count_cancel(tally: Tally, row: AsyncRequest) -> None:
    """Count one cancel. ``row`` was read right after it; the request may have ended in another way meanwhile."""
    if row.status in (Status.COMPLETED, Status.FAILED):
        tally.counts[f"already {row.status}"] += 1
        return
    tally.counts["cancelled" if row.status == Status.CANCELLED else "asked"] += 1
    tally.changed.append(row)
