"""Builders of the tests of bulk work: a stored bulk, the share of another worker, and the items' outcomes."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from jobs.bulk.slices import Held, Holder, take
from jobs.execution.runner import Runner
from jobs.models import AsyncRequest, BulkOutcome
from jobs.queue.claims import Claim
from tests.jobs.building import claim, make_submission, never, store

ECHO = {"type": "action", "action": "zoo_say"}
"""``echo`` itself takes any object, so no item of it can fail."""


def submit_bulk(operation: Mapping[str, Any], items: Sequence[Mapping[str, Any]], **fields: Any) -> UUID:
    """Store a bulk of Alice's over those items."""
    payload = {"operation": operation, "items": items, **fields}
    return store(make_submission("bulk_operation", queue="bulk", payload=payload))


def echoes(number: int) -> list[dict[str, Any]]:
    return [{"message": index} for index in range(number)]


def run(claimed: Claim) -> AsyncRequest:
    """Run it in this process. Return the row after that."""
    Runner(claimed, end_process=never).run()
    return AsyncRequest.objects.get(id=claimed.request_id)


def held_by(claimed: Claim) -> Held | None:
    """Take the slice that this attempt would take next."""
    bulk_id = claimed.parent_id or claimed.request_id
    return take(bulk_id, Holder(request_id=claimed.request_id, token=claimed.token))


def indexes(request_id: UUID) -> list[int]:
    """List the indexes of the items that have an outcome."""
    return list(BulkOutcome.objects.filter(request_id=request_id).values_list("index", flat=True))


def codes(request_id: UUID) -> dict[int, str | None]:
    """Map index → error code; None for an item that succeeded."""
    rows = BulkOutcome.objects.filter(request_id=request_id)
    return {row.index: None if row.error is None else row.error["code"] for row in rows}


__all__ = ["ECHO", "claim", "codes", "echoes", "held_by", "indexes", "run", "submit_bulk"]
