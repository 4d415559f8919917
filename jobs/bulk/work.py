"""One attempt's work on a bulk: it runs slice after slice, invites others, and reports the counts of all.

Nothing waits for another worker to come: the bulk's own attempt takes slices as those that share it do. Only when all
of them are taken does it wait for those that others hold, and takes over what they leave behind.
"""

import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

from django.conf import settings
from django.db import transaction

from jobs.bulk import slices
from jobs.bulk.actions import run_item
from jobs.bulk.entities import Entity, find_entity
from jobs.bulk.redo import carry_over
from jobs.bulk.rows import write_row
from jobs.bulk.shares import invite, is_wanted, share_seconds
from jobs.contract.bulk import ActionOperation, Counts, EntityOperation, Item, ItemOutcome, OnError, Operation
from jobs.contract.registry import find_handler
from jobs.errors import AttemptLost, Cancelled, ErrorCode, HandlerError, Permanent, Stop, error_body
from jobs.files.artifacts import ArtifactStaging
from jobs.jsonable import to_json
from jobs.log.bounds import storable_error
from jobs.models import BulkOutcome, BulkSlice
from jobs.queue.claims import Claim
from jobs.requests.cancellation import cancel_children
from jobs.usage.stored import check_room

_TELL_SECONDS = 1.0
_POLL_SECONDS = 0.2
# A part of the grace of a cancelled attempt. The rest is for the receipt and the outcome.
_PART_OF_GRACE = 0.6


class NewItemRun(Protocol):
    def __call__(self, claim: Claim, item_id: uuid.UUID, *, seconds: float, check: Callable[[], None]) -> Any:
        """Return the context of an item, to be used in a ``with`` block."""


class BulkWork:
    """See ``Bulk``."""

    def __init__(
        self,
        claim: Claim,
        operation: Operation,
        *,
        on_error: OnError,
        check: Callable[[], None],
        new_item_run: NewItemRun,
        report_failed_items: Callable[[int], None],
    ) -> None:
        self._claim = claim
        self._bulk_id: uuid.UUID = claim.parent_id or claim.request_id
        self._holder = slices.Holder(request_id=claim.request_id, token=claim.token, tenant_id=claim.tenant_id)
        self._operation = operation
        self._on_error = on_error
        self._check = check
        self._new_item_run = new_item_run
        self._report_failed_items = report_failed_items
        self._on_counts: Callable[[Counts], None] = lambda counts: None
        self._told_at = float("-inf")

    # --- the items and their outcomes ----------------------------------------------------------------------------

    @property
    def is_cut(self) -> bool:
        return BulkSlice.objects.filter(request_id=self._bulk_id).exists()

    def carry_over(self) -> bool:
        self._check()
        return self._claim.redo_of is not None and carry_over(
            self._holder, self._claim.redo_of, stops=self._on_error == "stop"
        )

    def cut(self, items: Iterable[Item], *, batch_size: int) -> None:
        plain = [to_json(item) for item in items]  # read before the transaction, because reading may be slow
        self._check()
        slices.cut(self._holder, plain, batch_size)

    def counts(self) -> Counts:
        return slices.counts(self._bulk_id)

    def outcomes(self) -> Iterator[ItemOutcome]:
        rows = BulkOutcome.objects.filter(request_id=self._bulk_id).order_by("index")
        for row in rows.iterator():
            yield ItemOutcome(index=row.index, result=row.result, error=row.error)

    def rejected(self) -> Iterator[tuple[ItemOutcome, Item]]:
        for row in BulkSlice.objects.filter(request_id=self._bulk_id, failed__gt=0).order_by("number").iterator():
            indexes = (row.first, row.first + row.size - 1)
            failed = BulkOutcome.objects.filter(request_id=self._bulk_id, index__range=indexes, error__isnull=False)
            for one in failed.order_by("index"):
                outcome = ItemOutcome(index=one.index, result=one.result, error=one.error)
                yield outcome, row.items[one.index - row.first]

    # --- the work ------------------------------------------------------------------------------------------------

    def work(self, on_counts: Callable[[Counts], None]) -> None:
        self._on_counts = on_counts
        with self._shared():
            while not self._is_stopped():
                self._invite()
                if not self._run_next() and not self._await_others():
                    break
                self._tell()
        self._report_failed_items(self._tell().failed)

    def share(self) -> int:
        ends_at = time.monotonic() + share_seconds()
        done = 0
        while time.monotonic() < ends_at and is_wanted(self._bulk_id):
            self._check()
            if not (items := self._run_next()):
                break
            done += items
        return done

    def close(self) -> None:
        cancel_children(self._bulk_id)
        self._await_release()
        slices.close(self._bulk_id)

    def _run_next(self) -> int:
        """Take a slice and run it to its end. Return the number of items; 0 when there was no slice to take.

        Raises ``TenantFull`` when the tenant has no room for more outcomes.
        """
        self._check()
        check_room(self._claim.tenant_id)
        held = slices.take(self._bulk_id, self._holder)
        if held is None:
            return 0
        begun_at = held.done
        try:
            if isinstance(self._operation, EntityOperation):
                self._write_rows(held, self._operation)
            else:
                self._run_items(held, self._operation)
        except AttemptLost:
            raise
        except BaseException:
            slices.release(held)
            raise
        return held.done - begun_at

    def _run_items(self, held: slices.Held, operation: ActionOperation) -> None:
        """Run the items in order. Each outcome is written before the next item starts."""
        handler = find_handler(operation.action)
        if handler is None:
            raise Permanent(f"The action '{operation.action}' does not exist any more")
        self._give_up_poison(held)
        while not held.is_done and not self._has_to_stop(held):
            self._check()
            seconds, item_id = handler.timeout_seconds, held.next_id
            with self._new_item_run(self._claim, item_id, seconds=seconds, check=self._check_and_tell) as context:
                outcome = self._outcome(held, *run_item(handler, held.items[held.done], context))
                self._record(held, outcome, context.staging)

    def _has_to_stop(self, held: slices.Held) -> bool:
        return self._on_error == "stop" and held.failed > 0

    def _give_up_poison(self, held: slices.Held) -> None:
        """Fail the item that is next if two workers in a row were lost at it."""
        if held.lost_twice:
            error = error_body(ErrorCode.WORKER_LOST, "The worker was lost twice while it ran this item")
            slices.record(held, [self._outcome(held, None, error)])

    def _record(self, held: slices.Held, outcome: ItemOutcome, staging: ArtifactStaging) -> None:
        try:
            slices.record_with_retries(held, outcome, staging.rows)
        except AttemptLost:
            staging.discard()
            raise

    def _write_rows(self, held: slices.Held, operation: EntityOperation) -> None:
        """Write rows and outcomes in one transaction, so that no crash can make a row be written twice.

        After a loss each row has a transaction of its own, so that a row that takes the worker down is told apart.
        """
        entity = find_entity(operation.entity)
        if entity is None:
            raise Permanent(f"There is no entity '{operation.entity}' any more")
        singly = held.was_lost
        self._give_up_poison(held)
        while not held.is_done and not self._has_to_stop(held):
            self._write_some(held, entity, operation, most=1 if singly else len(held.items))

    def _write_some(self, held: slices.Held, entity: Entity, operation: EntityOperation, *, most: int) -> None:
        """Write up to ``most`` rows with their outcomes."""
        outcomes: list[ItemOutcome] = []
        with transaction.atomic():
            for item in held.items[held.done : held.done + most]:
                self._check()
                error = result = None
                try:
                    result = write_row(entity, operation.type, item, self._claim.tenant_id)
                except HandlerError as failure:
                    error = failure.body()
                outcomes.append(self._outcome(held, result, error, offset=len(outcomes)))
                if error is not None and self._on_error == "stop":
                    break
            slices.record(held, outcomes)

    def _outcome(
        self, held: slices.Held, result: Any, error: Mapping[str, Any] | None, *, offset: int = 0
    ) -> ItemOutcome:
        return ItemOutcome(index=held.next_index + offset, result=result, error=error and storable_error(error))

    # --- with others ---------------------------------------------------------------------------------------------

    def _invite(self) -> None:
        # With "stop" no item after a failed one may begin, so items run one after the other.
        if self._on_error == "stop" or self.counts().total <= settings.STREAMER_BULK_SPREAD_ITEMS:
            return
        payload = {"operation": self._operation.model_dump(), "on_error": self._on_error}
        invite(self._bulk_id, payload, slices.count_left(self._bulk_id) - 1)

    def _await_others(self) -> bool:
        """Wait a moment, then return True if others still hold slices that this attempt may have to take over."""
        if slices.count_left(self._bulk_id) == 0:
            return False
        time.sleep(_POLL_SECONDS)
        self._check_and_tell()
        return True

    def _await_release(self) -> None:
        """Wait until nobody else holds a slice, but not for the whole grace of a cancel."""
        give_up_at = time.monotonic() + _PART_OF_GRACE * settings.STREAMER_CANCEL_GRACE_SECONDS
        while slices.are_held(self._bulk_id, but_by=self._holder) and time.monotonic() < give_up_at:
            time.sleep(_POLL_SECONDS)

    def _is_stopped(self) -> bool:
        return self._on_error == "stop" and self.counts().failed > 0

    def _tell(self) -> Counts:
        self._told_at = time.monotonic()
        counts = self.counts()
        self._on_counts(counts)
        return counts

    def _check_and_tell(self) -> None:
        self._check()
        if time.monotonic() - self._told_at > _TELL_SECONDS:
            self._tell()

    @contextmanager
    def _shared(self) -> Iterator[None]:
        """End all shares after the block, unless another attempt may follow. A cancel waits until all have heard it."""
        try:
            yield
        except Cancelled:
            cancel_children(self._bulk_id)
            self._await_release()
            raise
        except Stop:
            raise
        except BaseException:
            cancel_children(self._bulk_id)
            raise
        cancel_children(self._bulk_id)
