"""Child requests that share the work of a bulk request: few, short, and behind the tenant's waiting requests.

The bulk's own attempt works too, so it needs none of them. A share ends after some seconds and is asked for anew, so
that a long bulk leaves its workers to others in between.
"""

import uuid
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Q

from jobs.contract.titles.default import join_title
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
    bulk = AsyncRequest.objects.only("tenant_id", "user_id", "queue", "title", "trace").get(id=bulk_id)
    owner = {"tenant_id": bulk.tenant_id, "user_id": bulk.user_id, "queue": bulk.queue, "trace": bulk.trace}
    facts = {"action": ACTION, "title": join_title("Share", bulk.title), "estimated_seconds": share_seconds()}
    AsyncRequest.objects.bulk_create(
        AsyncRequest(parent_id=bulk_id, payload=payload, **facts, **owner) for _ in range(missing)
    )
    ring([bulk.queue] * missing)


def share_seconds() -> float:
    """Return the seconds after which a share ends. It is no long request, so it may run on a reserved worker."""
    return min(float(settings.STREAMER_SHIFT_SECONDS), settings.STREAMER_LONG_REQUEST_SECONDS or float("inf"))


def is_wanted(bulk_id: uuid.UUID) -> bool:
    """Return True if the parent request has not ended, is not about to, and was not asked to cancel."""
    live = AsyncRequest.objects.filter(id=bulk_id, status__in=LIVE, ending_until__isnull=True)
    return live.filter(cancel_requested_at__isnull=True).exists()


def end_orphans(now: datetime) -> int:
    """End the children whose parent has ended, or is about to."""
    children = AsyncRequest.objects.filter(status__in=LIVE, cancel_requested_at__isnull=True)
    orphans = children.filter(Q(parent__status__in=FINAL) | Q(parent__ending_until__isnull=False))
    ids = list(orphans.order_by().values_list("id", flat=True)[:_BATCH])
    for request_id in ids:
        with suppress(NotFound, AlreadyFinished):
            request_cancel(request_id)
    return len(ids)
