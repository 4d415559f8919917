"""Run bulk operations: one action, or one change of an entity, over many items, each with its own outcome.

An item that has its outcome is not processed again, even if a worker is lost. Free workers share large operations,
through requests of ``bulk_share``. There is one progress, one result and one cancel.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Self

from django.db import OperationalError
from pydantic import model_validator

from jobs.handler import (
    Bulk,
    Context,
    Counts,
    Example,
    Handler,
    OnError,
    Operation,
    Payload,
    format_counted,
    join_title,
)
from jobs.handlers.bulk_operation.files import write_outcomes, write_rejects
from jobs.handlers.bulk_operation.payload import (
    BulkPayload,
    check_operation,
    item_seconds,
    items_name,
    operation_name,
    permissions_of,
)
from jobs.handlers.bulk_operation.result import make_result
from jobs.handlers.bulk_operation.result_model import BulkResult, ShareResult
from jobs.handlers.bulk_operation.rows import items_of

_TIMEOUT_SECONDS = 3600.0
_ASSUMED_ROWS = 1_000
# The files are written after the last item, so the work ends below 100.
_WORK_PERCENTAGE = 95.0


class BulkOperation(Handler[BulkPayload]):
    """Do one thing with many items, each with an outcome of its own."""

    action = "bulk_operation"
    group = "Data"
    examples = (
        Example(
            title="A bulk with failures",
            order=3,
            description="Eight items, of which two fail: the result names them, and a file has them.",
            payload={
                "operation": {"type": "action", "action": "delay"},
                "items": [{"seconds": seconds, "steps": 1} for seconds in (0.1, 0.2, -1, 0.1, 0.3, 9999, 0.1, 0.2)],
            },
        ),
    )
    result_model = BulkResult
    queue = "bulk"
    timeout_seconds = _TIMEOUT_SECONDS
    permission = "bulk.run"
    always_queued = True
    retry_on = (OperationalError,)
    # An item fails by itself when it takes a second worker down, a row in a batch when it takes a third one. So a loss
    # says little about the whole, until there are many.
    max_lost_in_a_row = 3
    max_lost = 20

    def title(self, payload: BulkPayload) -> str:
        return join_title("Bulk", operation_name(payload.operation), items_name(payload))

    def permissions_for(self, payload: BulkPayload) -> Collection[str]:
        return permissions_of(payload.operation)

    def estimate(self, payload: BulkPayload) -> float:
        items = _ASSUMED_ROWS if payload.items is None else len(payload.items)
        return 1.0 + items * item_seconds(payload.operation)

    def run(self, payload: BulkPayload, context: Context) -> Mapping[str, Any]:
        bulk, notes = context.bulk(payload.operation, on_error=payload.on_error), list[str]()
        if not bulk.is_cut:
            context.report(0, "Reading the items", stage="reading")
            if bulk.carry_over():
                done = bulk.counts().processed
                items, have = ("1 item", "has its outcome") if done == 1 else (f"{done:,} items", "have their outcomes")
                notes.append(f"{items} {have} from the request before")
            else:
                bulk.cut(items_of(payload, context, notes), batch_size=payload.batch_size)
        bulk.work(lambda counts: _report(counts, context))
        context.report(_WORK_PERCENTAGE, "Writing the files", stage="writing")
        return _write_result(bulk, payload, context, notes)

    def receipt(self, payload: BulkPayload, context: Context) -> Mapping[str, Any] | None:
        bulk = context.bulk(payload.operation, on_error=payload.on_error)
        if not bulk.is_cut:
            return None
        bulk.close()
        return _write_result(bulk, payload, context)


def _write_result(
    bulk: Bulk, payload: BulkPayload, context: Context, notes: Sequence[str] | None = None
) -> dict[str, Any]:
    done = operation_name(payload.operation)
    rejects = write_rejects(bulk, context, done, payload.reject_format) if bulk.counts().failed else None
    outcomes = write_outcomes(bulk, context, done)
    return make_result(bulk, payload.operation, notes=notes, outcomes=outcomes, rejects=rejects)


class SharePayload(Payload):
    operation: Operation
    on_error: OnError

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_operation(self.operation)
        return self


class BulkShare(Handler[SharePayload]):
    """Process items of a bulk operation that another request started."""

    action = "bulk_share"
    result_model = ShareResult
    queue = "bulk"
    timeout_seconds = _TIMEOUT_SECONDS
    always_queued = True
    internal = True
    retry_on = (OperationalError,)

    def run(self, payload: SharePayload, context: Context) -> Mapping[str, Any]:
        return {"processed": context.bulk(payload.operation, on_error=payload.on_error).share()}


def _report(counts: Counts, context: Context) -> None:
    percentage = _WORK_PERCENTAGE * counts.processed / max(1, counts.total)
    text = f"{counts.processed:,} of {format_counted(counts.total, 'item')}"
    failed = f", {counts.failed:,} failed" if counts.failed else ""
    figures = {"processed": counts.processed, "succeeded": counts.succeeded, "failed": counts.failed}
    context.report(percentage, text + failed, stage="working", total_items=counts.total, **figures)
