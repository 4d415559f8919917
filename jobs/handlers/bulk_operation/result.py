"""Make the result of a bulk operation: its figures, its errors by code, and the first failures."""

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from jobs.handler import (
    ActionOperation,
    Bulk,
    Counts,
    Item,
    Operation,
    find_handler,
    left_out_of,
    max_result_bytes,
    title_of,
    title_of_item,
)
from jobs.handlers.bulk_operation.payload import operation_label
from jobs.handlers.process_data.fitting import MARGIN_BYTES, fitting_notes, json_size, those_that_fit

MAX_FAILURES = 100
_MAX_MESSAGE_CHARACTERS = 300
_MAX_BYTES = 64 * 1024
"""The most bytes of a receipt, whatever a result may have."""


def figures(counts: Counts) -> dict[str, Any]:
    """Return the figures. ``success_rate``: succeeded ÷ processed, 0–1; null if no item was processed."""
    return {
        "total_items": counts.total,
        "processed": counts.processed,
        "succeeded": counts.succeeded,
        "failed": counts.failed,
        "skipped": counts.total - counts.processed,
        "success_rate": round(counts.succeeded / counts.processed, 4) if counts.processed else None,
        "duration_seconds": round(counts.seconds, 3),
        "items_per_second": round(counts.processed / counts.seconds, 1) if counts.seconds > 0 else None,
    }


def make_result(
    bulk: Bulk, operation: Operation, *, notes: Sequence[str] | None = None, **artifacts: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Return the result of a finished bulk operation, or the receipt of one that ended early, which has no notes.

    It is no larger than one may be: of the failures it has the first that fit.
    """
    codes: Counter[str] = Counter()
    failures: list[dict[str, Any]] = []
    for outcome, item in bulk.rejected():
        assert outcome.error is not None
        codes[outcome.error["code"]] += 1
        if len(failures) < MAX_FAILURES:
            message = outcome.error["message"][:_MAX_MESSAGE_CHARACTERS]
            title = _title(operation, item)
            failures.append({"index": outcome.index, "title": title, "code": outcome.error["code"], "message": message})
    files = {name: one for name, one in artifacts.items() if one is not None}
    summary = {"operation": operation_label(operation), **figures(bulk.counts())}
    most_bytes = min(max_result_bytes(), _MAX_BYTES)
    told = {} if notes is None else {"notes": fitting_notes(notes, most_bytes // 4)}
    rest = {**summary, "errors": dict(codes.most_common()), "failures": [], "artifacts": files, **told}
    room = most_bytes - json_size(rest) - MARGIN_BYTES
    return {**rest, "failures": those_that_fit(failures, room)}


def _title(operation: Operation, item: Item) -> str:
    handler = find_handler(operation.action) if isinstance(operation, ActionOperation) else None
    if handler is not None:
        with suppress(Exception):  # whatever it raises: the item has failed with it already
            payload = handler.parse(item)
            if not left_out_of(payload):
                return title_of(handler, payload)
    return title_of_item(item)
