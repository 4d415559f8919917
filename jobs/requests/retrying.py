"""Submit a finished request again, for operators. Waking a worker is the caller's part."""

import uuid

from django.db import transaction
from django.db.models import Q

from jobs.log.announcing import announce_submitted
from jobs.log.publishing import publish_changes
from jobs.models import AsyncRequest
from jobs.requests.reads import NotFound
from jobs.requests.regeneration import find_finished, traced_metadata
from jobs.requests.storing import index_tags


def retry(request_id: uuid.UUID) -> uuid.UUID:
    """Submit a finished request again, as a new one: the old one keeps its one final message.

    Raises ``NotFound`` and ``NotFinished``.
    """
    row = find_finished(request_id, Q())
    if row is None:
        raise NotFound(str(request_id))
    with transaction.atomic():
        copy = AsyncRequest.objects.create(
            tenant_id=row.tenant_id,
            user_id=row.user_id,
            action=row.action,
            title=row.title,
            queue=row.queue,
            payload=row.payload,
            metadata=traced_metadata(row),
            tags=row.tags,
            redo_of=row.id,
            estimated_seconds=row.estimated_seconds,
            limit_key=row.limit_key,
        )
        if row.tags:
            index_tags([copy.id])
    transaction.on_commit(lambda: publish_changes([((copy.tenant_id, copy.user_id), copy.id)]), robust=True)
    announce_submitted(copy)
    return copy.id
