"""Builders of the tests of bulk work: a stored bulk, the share of another worker, and the items' outcomes."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage
from django.utils import timezone

from jobs.bulk.slices import Held, Holder, take
from jobs.execution.runner import Runner, run_claim
from jobs.models import Artifact, AsyncRequest, BulkOutcome
from jobs.queue.claims import Claim
from jobs.queue.endings import claim_ending
from jobs.sweeper.rules import recover_lost_attempts
from tests.jobs.building import QUEUES, change, claim, make_submission, never, store
from tests.local.waiting import eventually

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


def lose(request_id: UUID) -> None:
    """Have the lease of a request run out, and the sweeper notice it."""

    def is_lost() -> bool:
        change(request_id, lease_until=timezone.now() - timedelta(seconds=1))
        return recover_lost_attempts(timezone.now()) == 1

    # The reporter of an attempt that still runs may renew the lease in between.
    eventually(is_lost, "the attempt is lost")


def run_to_end(request_id: UUID) -> AsyncRequest:
    """Run attempts until the bulk has ended. Whatever dies in one is lost, and the sweeper notices it."""
    while True:
        claimed = claim_ending(QUEUES, worker="next worker") or claim("next worker")
        run_claim(claimed, end_process=never)
        row = AsyncRequest.objects.get(id=request_id)
        if row.is_final:
            return row
        if row.lease_until is not None:
            lose(request_id)


def outcomes_in(artifact: Mapping[str, Any]) -> list[Any]:
    """Read the lines of a file of JSON Lines."""
    return [json.loads(line) for line in read(artifact).splitlines()]


def read(artifact: Mapping[str, Any]) -> str:
    row = Artifact.objects.get(id=artifact["artifact_id"])
    with default_storage.open(row.storage_name) as file:
        content: bytes = file.read()
    return content.decode()


def held_by(claimed: Claim) -> Held | None:
    """Take the slice that this attempt would take next."""
    bulk_id = claimed.parent_id or claimed.request_id
    return take(bulk_id, Holder(request_id=claimed.request_id, token=claimed.token, tenant_id=claimed.tenant_id))


def indexes(request_id: UUID) -> list[int]:
    """List the indexes of the items that have an outcome."""
    return list(BulkOutcome.objects.filter(request_id=request_id).values_list("index", flat=True))


def codes(request_id: UUID) -> dict[int, str | None]:
    """Map index → error code; None for an item that succeeded."""
    rows = BulkOutcome.objects.filter(request_id=request_id)
    return {row.index: None if row.error is None else row.error["code"] for row in rows}


__all__ = [
    "ECHO",
    "claim",
    "codes",
    "echoes",
    "held_by",
    "indexes",
    "lose",
    "outcomes_in",
    "read",
    "run",
    "run_to_end",
    "submit_bulk",
]
