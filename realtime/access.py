"""The requests that a token reaches: its user's own, and with ``tenant.read`` those of its whole tenant, to read."""

from typing import Any

import msgspec
from django.db.models import Q

from jobs.files.artifacts import without_signatures
from jobs.models import AsyncRequest
from jobs.requests.reads import owned_by
from realtime.auth import Identity
from realtime.permissions import TENANT_READ

NOTHING = Q(pk__in=())


def owned(identity: Identity) -> Q:
    """Return the condition on what the user may change: requests of their own, and their files.

    A token that is bound to one request changes nothing.
    """
    if identity.request_id is not None:
        return NOTHING
    return owned_by(identity.tenant_id, identity.user_id)


def readable(identity: Identity) -> Q:
    """Return the condition on the requests that the user may follow, read and list."""
    if identity.request_id is not None:
        return owned_by(identity.tenant_id, identity.user_id) & Q(id=identity.request_id)
    return Q(tenant_id=identity.tenant_id) if identity.may(TENANT_READ) else owned(identity)


def is_own(identity: Identity, row: AsyncRequest) -> bool:
    return (row.tenant_id, row.user_id) == (identity.tenant_id, identity.user_id)


def as_seen_by(identity: Identity, row: AsyncRequest, body: dict[str, Any]) -> dict[str, Any]:
    """Return what was read of a request. Others than its owner learn whose it is, and get no access to its files."""
    if is_own(identity, row):
        return body
    return {**msgspec.json.decode(without_signatures(msgspec.json.encode(body).decode())), "user_id": row.user_id}
