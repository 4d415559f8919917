"""``POST /api/requests/<id>/token/``: a token for this one request, to read it."""

from typing import Annotated
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import get_script_prefix, reverse
from msgspec import Meta, Struct

from jobs.files.artifacts import public_base
from jobs.requests.reads import find
from realtime.access import owned
from realtime.auth import Identity
from realtime.database import in_database
from realtime.http.authenticated import answering, found
from realtime.http.bodies import read_body
from realtime.http.responses import json_response
from realtime.scoped_tokens import DEFAULT_SECONDS, MAX_SECONDS, issue_scoped_token


class _Wish(Struct):
    expires_in: Annotated[int, Meta(ge=1, le=MAX_SECONDS)] = DEFAULT_SECONDS


@answering("POST")
async def request_token(request: HttpRequest, identity: Identity, request_id: UUID) -> HttpResponse:
    """``POST /api/requests/<id>/token/`` with ``{expires_in?}`` in seconds. Only its owner may share a request."""
    wish = read_body(request, _Wish) if request.body else _Wish()
    found(await in_database(find, request_id, owned(identity)))
    token = issue_scoped_token(identity, request_id, wish.expires_in)
    prefix = get_script_prefix()
    path = reverse("request-events", args=[request_id]).removeprefix(prefix)
    base = public_base() or prefix.rstrip("/")
    return json_response({"token": token, "expires_in": wish.expires_in, "events_url": f"{base}/{path}?token={token}"})
