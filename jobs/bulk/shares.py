"""Child requests that share the work of a bulk request: few, short, and behind the tenant's waiting requests.

The bulk's own attempt works too, so it needs none of them. A share ends after one shift and is asked for anew, so that
a long bulk leaves its workers to others in between.
"""

import uuid
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from django.conf import settings

from jobs.models import FINAL, LIVE, AsyncRequest
from jobs.queue.wakeups import ring
from jobs.requests.cancellation import AlreadyFinished, request_cancel
from jobs.requests.reads import NotFound

ACTION = "bulk_share"
_BATCH = 200


def invite(bulk_id: uuid.UUID, payload: Mapping[str, Any], most: int) -> None:
    """Have up to ``most`` children of the request wait or run, never more than ``STREAMER_BULK_SHARES``."""
    most = min(most, settings.STREAMER_BULK_SHARES)
    missing = most - AsyncRequest.objects.filter(parent_id=bulk_id, status__in=LIVE).count() if most > 0 else 0
    if missing <= 0:
        return
    bulk = AsyncRequest.objects.only("tenant_id", "user_id", "queue").get(id=bulk_id)
    owner = {"tenant_id": bulk.tenant_id, "user_id": bulk.user_id, "queue": bulk.queue}
    AsyncRequest.objects.bulk_create(
        AsyncRequest(parent_id=bulk_id, action=ACTION, payload=payload, **owner) for _ in range(missing)
    )
    ring([bulk.queue] * missing)


def is_wanted(bulk_id: uuid.UUID) -> bool:
    """Return True if the parent request has neither ended nor been asked to cancel."""
    return AsyncRequest.objects.filter(id=bulk_id, status__in=LIVE, cancel_requested_at__isnull=True).exists()


def end_orphans(now: datetime) -> int:
    """End the children whose parent has ended."""
    orphans = AsyncRequest.objects.filter(status__in=LIVE, cancel_requested_at__isnull=True, parent__status__in=FINAL)
    ids = list(orphans.values_list("id", flat=True)[:_BATCH])
    for request_id in ids:
        with suppress(NotFound, AlreadyFinished):
            request_cancel(request_id)
    return len(ids)
