"""The HTTP side: what a client reads outside its socket. Every error has the shape it has on the socket."""

import functools
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Concatenate, ParamSpec, cast
from uuid import UUID

import msgspec
from django.conf import settings
from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from jobs.contract.registry import all_handlers
from jobs.contract.source import source_names
from jobs.data.sources import find_source
from jobs.errors import ErrorBody, error_body
from jobs.files.artifacts import describe, files_of
from jobs.handler import ErrorCode, Handler, probe_services
from jobs.log.events import read_after
from jobs.models import AsyncRequest
from jobs.requests.reads import explained, find, owned_by
from realtime.auth import Identity, KeysUnavailable, Unauthorized, token_of, verify
from realtime.database import in_database
from realtime.process import drain

P = ParamSpec("P")
_EVENTS_PAGE = 500
_STATUS = {
    ErrorCode.UNAUTHORIZED: 401,
    ErrorCode.FORBIDDEN: 403,
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.QUOTA_EXCEEDED: 409,
    ErrorCode.PAYLOAD_TOO_LARGE: 413,
    ErrorCode.INTERNAL_ERROR: 500,
    ErrorCode.SERVICE_UNAVAILABLE: 503,
}


def json_response(body: Mapping[str, Any], status: int = 200) -> HttpResponse:
    response = HttpResponse(msgspec.json.encode(body), content_type="application/json", status=status)
    response["Cache-Control"] = "no-store"
    return response


def error_response(error: ErrorBody) -> HttpResponse:
    response = json_response({"error": error}, _STATUS.get(ErrorCode(error["code"]), 400))
    if response.status_code == 401:
        response["WWW-Authenticate"] = "Bearer"
    return response


def identify(request: HttpRequest) -> Identity:
    """Who asks. The header alone: a token in a URL would end up in logs and histories."""
    header = request.headers.get("Authorization")
    return verify(token_of([(b"authorization", header.encode("latin-1", "replace"))] if header else [], [], b""))


def answering(
    *methods: str,
) -> Callable[
    [Callable[Concatenate[HttpRequest, Identity, P], Awaitable[HttpResponseBase]]], Callable[..., HttpResponseBase]
]:
    """Let only these methods and requests with a good token through, and answer for a dead database."""

    def decorate(
        view: Callable[Concatenate[HttpRequest, Identity, P], Awaitable[HttpResponseBase]],
    ) -> Callable[..., HttpResponseBase]:
        # Nothing is done for a cookie here, only for a token, which no foreign page has.
        @csrf_exempt
        @require_http_methods(list(methods))
        @functools.wraps(view)
        async def wrapped(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            try:
                return await view(request, await in_database(identify, request), *args, **kwargs)
            except Unauthorized as error:
                return error_response(error_body(ErrorCode.UNAUTHORIZED, str(error), details={"reason": error.reason}))
            except (DatabaseError, KeysUnavailable):
                return error_response(error_body(ErrorCode.SERVICE_UNAVAILABLE, "This cannot be done right now"))

        # Django awaits what an asynchronous view returns; its types know views of the other kind only.
        return cast(Callable[..., HttpResponseBase], wrapped)

    return decorate


with_identity = answering("GET", "HEAD")


@with_identity
async def actions(request: HttpRequest, identity: Identity) -> HttpResponse:
    """``GET /api/actions/``: what this token may do, with a JSON Schema of each payload."""
    public = [handler for handler in all_handlers().values() if not handler.internal]
    allowed = [handler for handler in public if identity.may(handler.permission)]
    sources = [source for name in source_names() if (source := find_source(name))]
    listed = [{"name": item.name, "label": item.label, "description": item.description} for item in sources]
    return json_response({"actions": [_action(handler) for handler in allowed], "sources": listed})


@with_identity
async def request_detail(request: HttpRequest, identity: Identity, request_id: UUID) -> HttpResponse:
    """``GET /api/requests/<id>/``: its snapshot, payload and artifacts."""
    body = await in_database(_detail, request_id, identity)
    return json_response(body) if body else error_response(not_found())


@with_identity
async def request_events(request: HttpRequest, identity: Identity, request_id: UUID) -> HttpResponse:
    """``GET /api/requests/<id>/events/?after_seq=``: its numbered messages, 500 at most."""
    after_seq = request.GET.get("after_seq", "0")
    if not (after_seq.isascii() and after_seq.isdecimal() and len(after_seq) <= 9):
        return error_response(error_body(ErrorCode.VALIDATION_ERROR, "after_seq is a whole number from 0 on"))
    body = await in_database(_events, request_id, identity, int(after_seq))
    return json_response(body) if body else error_response(not_found())


@csrf_exempt
@require_safe
async def liveness(request: HttpRequest) -> HttpResponse:
    """``GET /healthz``: the process answers."""
    return json_response({"status": "ok"})


@csrf_exempt
@require_safe
async def readiness(request: HttpRequest) -> HttpResponse:
    """``GET /readyz``: 200 when requests can be accepted. Names no version and no host."""
    if drain().begun:
        return json_response({"status": "draining"}, 503)
    health = await in_database(probe_services)
    parts = {name: part["ok"] for name, part in health["parts"].items()}
    status = 503 if health["status"] == "down" else 200
    return json_response({"status": health["status"], "parts": parts}, status)


def not_found() -> ErrorBody:
    return error_body(ErrorCode.NOT_FOUND, "There is no such thing here")


def _action(handler: Handler[Any]) -> dict[str, Any]:
    return {
        "action": handler.action,
        "title": handler.action.replace("_", " ").capitalize(),
        "description": (type(handler).__doc__ or "").strip().partition("\n")[0],
        "permission": handler.permission,
        "queue": handler.queue,
        "estimated_seconds": handler.estimated_seconds,
        "inline_threshold_seconds": settings.STREAMER_INLINE_THRESHOLD_SECONDS,
        "timeout_seconds": handler.timeout_seconds,
        "schema": handler.payload_model.model_json_schema(),
    }


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
