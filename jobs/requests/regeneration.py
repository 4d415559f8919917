"""A finished request that is done again, as a new one: by its owner or by an operator, with the same trace."""

from typing import Any
from uuid import UUID

from django.db.models import Q

from jobs.models import AsyncRequest

ORIGIN = "regenerated_from"
"""The key of the new request's metadata that names the old one."""


class NotFinished(Exception):
    """The request has not ended, so it cannot be done again. The text names its status."""


def find_finished(request_id: UUID, owner: Q) -> AsyncRequest | None:
    """Return the request to do again, None when there is none. Raises ``NotFinished``.

    Children are left out: they only share the work of their parent.
    """
    row = AsyncRequest.objects.filter(owner, id=request_id, parent__isnull=True).first()
    if row is not None and not row.is_final:
        raise NotFinished(row.status)
    return row


def traced_metadata(row: AsyncRequest) -> dict[str, Any]:
    """Return the metadata of the request that does ``row`` again."""
    return {**row.metadata, ORIGIN: str(row.id)}


def origin_of(row: AsyncRequest) -> UUID | None:
    """Return the id of the request that this one does again. Metadata is the client's own: anything may stand there."""
    try:
        return UUID(row.metadata[ORIGIN])
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
