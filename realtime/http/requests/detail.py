"""``/api/requests/<id>/``: a request of one's own, or of one's tenant."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from jobs.files.artifacts import describe, files_of
from jobs.log.bounds import MAX_ARTIFACTS
from jobs.requests.reads import explained, find
from realtime.access import as_seen_by, readable
from realtime.auth import Identity
from realtime.database import in_database
from realtime.http.authenticated import answering, found
from realtime.http.responses import json_response


@answering("GET", "HEAD", takes_scoped=True)
async def request_detail(request: HttpRequest, identity: Identity, request_id: UUID) -> HttpResponse:
    """``GET /api/requests/<id>/``: its snapshot, payload and first artifacts."""
    return json_response(found(await in_database(_detail, request_id, identity)))


def _detail(request_id: UUID, identity: Identity) -> dict[str, Any] | None:
    row = find(request_id, readable(identity))
    if row is None:
        return None
    files = list(files_of(row)[: MAX_ARTIFACTS + 1])
    more = {"artifacts_total": files_of(row).count()} if len(files) > MAX_ARTIFACTS else {}
    listed = [describe(file) for file in files[:MAX_ARTIFACTS]]
    return as_seen_by(identity, row, {**explained(row), "payload": row.payload, "artifacts": listed, **more})
