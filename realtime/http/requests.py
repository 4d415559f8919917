"""``/api/requests/<id>/``: a request of one's own, and its numbered messages."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from jobs.files.artifacts import describe, files_of
from jobs.log.events import read_after
from jobs.models import AsyncRequest
from jobs.requests.reads import explained, find, owned_by
from realtime.auth import Identity
from realtime.database import in_database
from realtime.http.authenticated import answering, found, whole_number
from realtime.http.responses import json_response

_EVENTS_PAGE = 500


@answering("GET", "HEAD")
async def request_detail(request: HttpRequest, identity: Identity, request_id: UUID) -> HttpResponse:
    """``GET /api/requests/<id>/``: its snapshot, payload and artifacts."""
    return json_response(found(await in_database(_detail, request_id, identity)))


@answering("GET", "HEAD")
async def request_events(request: HttpRequest, identity: Identity, request_id: UUID) -> HttpResponse:
    """``GET /api/requests/<id>/events/?after_seq=``: its numbered messages, 500 at most."""
    after_seq = whole_number(request, "after_seq", default=0, least=0)
    return json_response(found(await in_database(_events, request_id, identity, after_seq)))


def _find(request_id: UUID, identity: Identity) -> AsyncRequest | None:
    return find(request_id, owned_by(identity.tenant_id, identity.user_id))


def _detail(request_id: UUID, identity: Identity) -> dict[str, Any] | None:
    row = _find(request_id, identity)
    if row is None:
        return None
    return {**explained(row), "payload": row.payload, "artifacts": [describe(item) for item in files_of(row)]}


def _events(request_id: UUID, identity: Identity, after_seq: int) -> dict[str, Any] | None:
    row = _find(request_id, identity)
    if row is None:
        return None
    events = read_after(request_id, row.client_id, after_seq, limit=_EVENTS_PAGE)
    return {"events": [event.message() for event in events], "last_seq": row.last_seq}
