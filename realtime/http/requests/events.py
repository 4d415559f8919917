"""``/api/requests/<id>/events/``: the numbered messages of a request of one's own, or of one's tenant.

They come as JSON, after a wait if need be, or as a stream of server-sent events.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from msgspec import Raw

from jobs.models import AsyncRequest
from jobs.paging import first_that_fit
from jobs.requests.reads import find
from realtime.access import as_seen_by, readable
from realtime.auth import Identity
from realtime.database import in_database
from realtime.delivery.request_log import RequestLog
from realtime.http.authenticated import answering, found, read_whole_number, whole_number
from realtime.http.responses import Refused, invalid, json_response
from realtime.http.streams.long_poll import MAX_WAIT_SECONDS
from realtime.http.streams.request_poll import wait_for_events
from realtime.http.streams.request_source import RequestSource
from realtime.http.streams.response import require_room, respond_with, wants_stream
from realtime.wire.protocol import wire_bytes

_EVENTS_PAGE = 500
_LAST_ID = "Last-Event-ID"


@answering("GET", "HEAD", takes_scoped=True)
async def request_events(request: HttpRequest, identity: Identity, request_id: UUID) -> HttpResponseBase:
    """``GET /api/requests/<id>/events/?after_seq=&wait=``: its next messages, as many as fit, or all as a stream."""
    after_seq = whole_number(request, "after_seq", default=0, least=0)
    if not wants_stream(request):
        return await _answer(request, identity, request_id, after_seq)
    if last := request.headers.get(_LAST_ID):
        after_seq = read_whole_number(last, _LAST_ID, least=0)
    row = found(await in_database(find, request_id, readable(identity)))
    _require_reached(row, after_seq)
    if row.is_final and after_seq == row.last_seq:
        return HttpResponse(status=204)  # a browser comes back after the end, and would for ever
    require_room(identity)
    return respond_with(request, identity, RequestSource(identity, row, after_seq))


async def _answer(request: HttpRequest, identity: Identity, request_id: UUID, after_seq: int) -> HttpResponse:
    seconds = whole_number(request, "wait", default=0, least=0, most=MAX_WAIT_SECONDS)
    log = found(await in_database(_read, request_id, identity, after_seq))
    _require_reached(log.row, after_seq)
    texts, last_seq = log.texts, log.last_seq
    if seconds and not texts and not log.row.is_final and request.method == "GET":
        require_room(identity)
        texts, last_seq = await wait_for_events(identity, log.row, after_seq, seconds)
    body: dict[str, Any] = {"events": [Raw(text.encode()) for text in texts], "last_seq": last_seq}
    return json_response(as_seen_by(identity, log.row, body))


def _require_reached(row: AsyncRequest, after_seq: int) -> None:
    if after_seq > row.last_seq:
        text = f"after_seq is {after_seq}, but the last message of this request is {row.last_seq}"
        raise Refused(invalid(text))


@dataclass(frozen=True)
class _Log:
    row: AsyncRequest
    texts: Sequence[str]
    last_seq: int


def _read(request_id: UUID, identity: Identity, after_seq: int) -> _Log | None:
    row = find(request_id, readable(identity))
    if row is None:
        return None
    page = RequestLog(row.id, row.client_id).read(after_seq + 1, _EVENTS_PAGE)
    if page.skip is not None:
        return _Log(row, [page.skip.text], max(row.last_seq, page.skip.seq))
    # More may have been written since the row was read.
    last_seq = max([row.last_seq, *(frame.seq for frame in page.frames)])
    return _Log(row, first_that_fit([frame.text for frame in page.frames], wire_bytes), last_seq)
