"""``/api/requests/<id>/cancel/`` and ``…/retry/``: the wishes of an owner about a request."""

from uuid import UUID

import msgspec
from django.http import HttpRequest, HttpResponse

from jobs.jsonable import is_storable
from jobs.requests.reads import snapshot
from realtime.answers.refusal import Refusal
from realtime.answers.steering import cancel, regenerate
from realtime.auth import Identity
from realtime.http.authenticated import answering
from realtime.http.bodies import read_body
from realtime.http.requests.accepting import accept
from realtime.http.requests.reading import idempotency_key
from realtime.http.responses import Refused, message_response
from realtime.http.sender import Sender
from realtime.wire.messages import Id, Regenerate
from realtime.wire.protocol import bad_field, encode


class _Again(msgspec.Struct):
    id: Id | None = None


@answering("POST")
async def cancel_request(request: HttpRequest, identity: Identity, request_id: UUID) -> HttpResponse:
    """``POST /api/requests/<id>/cancel/``: its snapshot; 200 if it has ended by that, 202 if it is about to."""
    try:
        row = await cancel(request_id, identity)
    except Refusal as refusal:
        raise _refused(refusal) from None
    text = encode("snapshot", **{**snapshot(row), "reason": "cancel"})
    return message_response(text, 200 if row.is_final else 202)


@answering("POST", counts=False)
async def retry_request(request: HttpRequest, identity: Identity, request_id: UUID) -> HttpResponse:
    """``POST /api/requests/<id>/retry/``: do a finished request again, as a new one."""
    sender = Sender(request, identity)
    sender.take_message(len(request.body))
    own_id = read_body(request, _Again).id if request.body else None
    if own_id is not None and not is_storable(own_id):
        raise Refused(bad_field("id", "The character NUL cannot be stored"))
    wanted = Regenerate(request_id=request_id, id=idempotency_key(request, own_id))
    try:
        chosen, origin = await regenerate(wanted, identity)
    except Refusal as refusal:
        raise _refused(refusal) from None
    return await accept(request, chosen, sender, redo_of=origin)


def _refused(refusal: Refusal) -> Refused:
    """Answer with 409 where the status of the request stands in the way."""
    return Refused(refusal.error, 409 if "status" in refusal.error.get("details", {}) else None)
