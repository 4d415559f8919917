"""``/api/requests/<id>/artifacts/``: the files of a request of one's own."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from jobs.files.artifacts import describe, files_of
from jobs.log.bounds import MAX_ARTIFACTS
from jobs.paging import cut_page, newest_first
from jobs.requests.reads import find
from realtime.access import is_own, readable
from realtime.auth import Identity
from realtime.database import in_database
from realtime.http.authenticated import answering, found, whole_number
from realtime.http.responses import Refused, invalid, json_response

_ARTIFACTS_PAGE = 500


@answering("GET", "HEAD", takes_scoped=True)
async def request_artifacts(request: HttpRequest, identity: Identity, request_id: UUID) -> HttpResponse:
    """``GET /api/requests/<id>/artifacts/?limit=&cursor=``: all its files, the newest first."""
    limit = whole_number(request, "limit", default=MAX_ARTIFACTS, least=1, most=_ARTIFACTS_PAGE)
    cursor = request.GET.get("cursor") or None
    try:
        body = await in_database(_artifacts, request_id, identity, limit, cursor)
    except ValueError as error:
        raise Refused(invalid(f"cursor: {error}")) from None
    return json_response(found(body))


def _artifacts(request_id: UUID, identity: Identity, limit: int, cursor: str | None) -> dict[str, Any] | None:
    row = find(request_id, readable(identity))
    if row is None or not is_own(identity, row):
        return None
    files = newest_first(files_of(row), cursor)
    page, next_cursor = cut_page(list(files[: limit + 1]), limit)
    return {"artifacts": [describe(file) for file in page], "next_cursor": next_cursor}
