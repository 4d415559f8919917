"""The items of a bulk request in slices: cut once, taken by free attempts, recorded with their outcomes.

A slice is held by the attempt that took it last, for as long as that attempt has its request. So it needs no lease of
its own: when the sweeper ends the attempt, the slice may be taken. ``takes`` fences out earlier holders.
"""

import time
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from django.db import OperationalError, connections, transaction
from django.db.models import Exists, F, Min, OuterRef, Q, QuerySet, Sum
from django.utils import timezone

from jobs.contract.bulk import Counts, Item, ItemOutcome
from jobs.errors import AttemptLost
from jobs.models import LIVE, Artifact, AsyncRequest, BulkOutcome, BulkSlice, Status
from jobs.usage.stored import add_stored, check_room, json_bytes

_INSERT = 50
_STUBBORN_SECONDS = 10.0
_PAUSE_SECONDS = 0.2


@dataclass(frozen=True, kw_only=True)
class Holder:
    """An attempt that works on a bulk."""

    request_id: uuid.UUID
    token: uuid.UUID
    tenant_id: str

    @property
    def rows(self) -> QuerySet[AsyncRequest]:
        """Select its request; no row when the attempt has lost it."""
        return AsyncRequest.objects.filter(id=self.request_id, attempt_token=self.token, status=Status.PROCESSING)


@dataclass(kw_only=True)
class Held:
    """A slice that ``holder`` works on."""

    slice_id: int
    bulk_id: uuid.UUID
    takes: int
    first: int
    items: Sequence[Item]
    done: int
    failed: int
    lost_twice: bool
    """Two holders in a row were lost while they ran the item that is next."""
    was_lost: bool
    """Its last holder was lost, and no outcome has been recorded since."""
    keys_of: uuid.UUID
    """The bulk whose id gives the items their ids."""
    tenant_id: str
    stored_bytes: int
    """The bytes of the items and of their outcomes."""

    @property
    def is_done(self) -> bool:
        return self.done == len(self.items)

    @property
    def next_index(self) -> int:
        """The index of the item that is next, among all items."""
        return self.first + self.done

    @property
    def next_id(self) -> uuid.UUID:
        """The id of the item that is next: the same in every attempt, and when the bulk is done again."""
        return uuid.uuid5(self.keys_of, str(self.next_index))


def cut(holder: Holder, items: Iterable[Item], batch_size: int) -> None:
    """Store the items as slices of the holder's request.

    Raises ``AttemptLost`` when it was lost, and ``TenantFull`` when there is no room.
    """
    rows = list(_slices(holder.request_id, items, batch_size))
    size = sum(row.stored_bytes for row in rows)
    check_room(holder.tenant_id, size)
    with transaction.atomic():
        # An UPDATE and no SELECT, so that it also waits for a transaction that takes the request away.
        if not holder.rows.update(lease_until=F("lease_until")):
            raise AttemptLost
        BulkSlice.objects.bulk_create(rows, batch_size=_INSERT)
        add_stored({holder.tenant_id: size})


def take(bulk_id: uuid.UUID, holder: Holder) -> Held | None:
    """Take the first slice that has work left and that nobody holds; None when there is none."""
    while (row := _free(bulk_id).defer("items").first()) is not None:
        lost_at = None if row.holder is None else row.done
        rows = BulkSlice.objects.filter(Exists(holder.rows), Exists(_working(bulk_id)), id=row.id, takes=row.takes)
        if rows.update(
            takes=row.takes + 1, holder=holder.request_id, holder_token=holder.token, interrupted_at=lost_at
        ):
            return Held(
                slice_id=row.id,
                bulk_id=bulk_id,
                takes=row.takes + 1,
                first=row.first,
                items=BulkSlice.objects.values_list("items", flat=True).get(id=row.id),
                done=row.done,
                failed=row.failed,
                lost_twice=lost_at is not None and lost_at == row.interrupted_at,
                was_lost=lost_at is not None,
                keys_of=row.keys_of or bulk_id,
                tenant_id=holder.tenant_id,
                stored_bytes=row.stored_bytes,
            )
        if not holder.rows.exists():
            raise AttemptLost
        if not _working(bulk_id).exists():
            return None
    return None


def release(held: Held) -> None:
    """Give the slice back: its holder was not lost but told to stop."""
    BulkSlice.objects.filter(id=held.slice_id, takes=held.takes).update(
        holder=None, holder_token=None, interrupted_at=None
    )


def close(bulk_id: uuid.UUID) -> None:
    """Take every slice with work left from its holder, so that no outcome is added any more."""
    BulkSlice.objects.filter(request_id=bulk_id, is_done=False).update(
        takes=F("takes") + 1, holder=None, holder_token=None, interrupted_at=None
    )


def record(held: Held, outcomes: Sequence[ItemOutcome], artifacts: Sequence[Artifact] = ()) -> None:
    """Write the outcomes of the next items of the slice, all or nothing. Raises ``AttemptLost`` if it is not held.

    It writes plain columns only: it runs for each item, and building the SQL is most of its cost.
    """
    done = held.done + len(outcomes)
    failed = held.failed + sum(item.error is not None for item in outcomes)
    stored = held.stored_bytes + sum(map(_outcome_bytes, outcomes))
    added = sum(file.size_bytes for file in artifacts)
    if is_done := done == len(held.items):
        # Once for the slice, because an entry for each item would cost too much.
        added += stored - json_bytes(held.items)
    with transaction.atomic():
        rows = BulkSlice.objects.filter(id=held.slice_id, takes=held.takes, done=held.done)
        if not rows.update(done=done, failed=failed, is_done=is_done, stored_bytes=stored):
            raise AttemptLost
        BulkOutcome.objects.bulk_create(
            BulkOutcome(request_id=held.bulk_id, index=item.index, result=item.result, error=item.error)
            for item in outcomes
        )
        if artifacts:
            Artifact.objects.bulk_create(artifacts)
        if added:
            add_stored({held.tenant_id: added})
        if held.was_lost:
            # The bulk got past the place at which a worker was lost, whatever its reports say.
            AsyncRequest.objects.filter(id=held.bulk_id).update(lost_in_a_row=0, lost_place="")
    held.done, held.failed, held.stored_bytes, held.was_lost = done, failed, stored, False


def record_with_retries(held: Held, outcome: ItemOutcome, artifacts: Sequence[Artifact] = ()) -> None:
    """Record outcomes that cannot be undone. While the database is away, try again for some seconds."""
    give_up_at, unsure = time.monotonic() + _STUBBORN_SECONDS, False
    while True:
        try:
            return record(held, [outcome], artifacts)
        except AttemptLost:
            # A commit may have held although its answer was lost.
            written = BulkSlice.objects.filter(id=held.slice_id, takes=held.takes, done=held.done + 1)
            if not (unsure and written.exists()):
                raise
            held.done += 1
            held.failed += outcome.error is not None
            held.stored_bytes += _outcome_bytes(outcome)
            held.was_lost = False
            return None
        except OperationalError:
            if time.monotonic() > give_up_at:
                raise
            unsure = True
            connections.close_all()
            time.sleep(_PAUSE_SECONDS)


def counts(bulk_id: uuid.UUID) -> Counts:
    rows = BulkSlice.objects.filter(request_id=bulk_id).order_by()
    sums: dict[str, Any] = rows.aggregate(
        total=Sum("size"), processed=Sum("done"), failed=Sum("failed"), since=Min("created_at")
    )
    since = sums.pop("since")
    seconds = 0.0 if since is None else (timezone.now() - since).total_seconds()
    return Counts(**{name: number or 0 for name, number in sums.items()}, seconds=seconds)


def count_left(bulk_id: uuid.UUID) -> int:
    """Count the slices that have work left, held or not."""
    return BulkSlice.objects.filter(request_id=bulk_id, is_done=False).count()


def are_held(bulk_id: uuid.UUID, *, but_by: Holder) -> bool:
    """Return True if another attempt holds a slice."""
    rows = BulkSlice.objects.filter(_is_held(), request_id=bulk_id, is_done=False)
    return rows.exclude(holder_token=but_by.token).exists()


def _slices(bulk_id: uuid.UUID, items: Iterable[Item], batch_size: int) -> Iterable[BulkSlice]:
    rest, first, number = iter(items), 0, 0
    while some := list(islice(rest, batch_size)):
        size = json_bytes(some)
        yield BulkSlice(request_id=bulk_id, number=number, first=first, size=len(some), items=some, stored_bytes=size)
        first, number = first + len(some), number + 1


def _outcome_bytes(outcome: ItemOutcome) -> int:
    return json_bytes(outcome.result) + json_bytes(outcome.error)


def _working(bulk_id: uuid.UUID) -> QuerySet[AsyncRequest]:
    """Select the bulk; no row when it has ended, or is about to."""
    return AsyncRequest.objects.filter(id=bulk_id, status__in=LIVE, ending_until__isnull=True)


def _is_held() -> Q:
    attempts = AsyncRequest.objects.filter(id=OuterRef("holder"), attempt_token=OuterRef("holder_token"))
    return Q(Exists(attempts.filter(status=Status.PROCESSING)))


def _free(bulk_id: uuid.UUID) -> QuerySet[BulkSlice]:
    return BulkSlice.objects.filter(~_is_held(), request_id=bulk_id, is_done=False).order_by("number")
