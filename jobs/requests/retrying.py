"""Submit a finished request again, for operators. Waking a worker is the caller's part."""

import uuid

from django.db import transaction

from jobs.log.announcing import announce_submitted
from jobs.log.publishing import publish_changes
from jobs.models import FINAL, AsyncRequest
from jobs.requests.reads import NotFound


def retry(request_id: uuid.UUID) -> uuid.UUID:
    """Submit a finished request again, as a new one: the old one keeps its one final message."""
    row = AsyncRequest.objects.filter(id=request_id, status__in=FINAL, parent__isnull=True).first()
    if row is None:
        raise NotFound(str(request_id))
    copy = AsyncRequest.objects.create(
        tenant_id=row.tenant_id,
        user_id=row.user_id,
        action=row.action,
        queue=row.queue,
        payload=row.payload,
        metadata={**row.metadata, "retry_of": str(row.id)},
        estimated_seconds=row.estimated_seconds,
    )
    transaction.on_commit(lambda: publish_changes([((copy.tenant_id, copy.user_id), copy.id)]), robust=True)
    announce_submitted(copy)
    return copy.id
