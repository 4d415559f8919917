"""The answers over HTTP. Every error has the shape it has on the socket."""

import math
from collections.abc import Mapping
from typing import Any

import msgspec
from django.http import HttpRequest, HttpResponse

from jobs.errors import ErrorBody, ErrorCode, error_body
from realtime.auth import Identity

_API = "/api/"
_STATUS = {
    ErrorCode.UNAUTHORIZED: 401,
    ErrorCode.FORBIDDEN: 403,
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.DUPLICATE_REQUEST: 409,
    ErrorCode.QUOTA_EXCEEDED: 409,
    ErrorCode.PAYLOAD_TOO_LARGE: 413,
    ErrorCode.PROCESSING_FAILED: 422,
    ErrorCode.RATE_LIMITED: 429,
    ErrorCode.INTERNAL_ERROR: 500,
    ErrorCode.SERVICE_UNAVAILABLE: 503,
    ErrorCode.TIMEOUT: 504,
}


class Refused(Exception):
    """Ends a view with an error; ``authenticated`` makes the response of it. ``status`` is as in ``error_response``.

    ``identity`` is whose token was refused, if that is known.
    """

    def __init__(self, error: ErrorBody, status: int | None = None, identity: Identity | None = None) -> None:
        super().__init__(error["message"])
        self.error = error
        self.status = status
        self.identity = identity


def json_response(body: Mapping[str, Any], status: int = 200) -> HttpResponse:
    return message_response(msgspec.json.encode(body), status)


def message_response(text: str | bytes, status: int = 200) -> HttpResponse:
    """Respond with a message that is encoded already."""
    response = HttpResponse(text, content_type="application/json", status=status)
    response["Cache-Control"] = "no-store"
    return response


def is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith(_API)


def error_response(error: ErrorBody, status: int | None = None) -> HttpResponse:
    """Make the response of an error. ``status``: None takes that of the error's code."""
    response = json_response({"error": error}, status or status_of(ErrorCode(error["code"])))
    if response.status_code == 401:
        response["WWW-Authenticate"] = "Bearer"
    if "retry_after" in error:
        response["Retry-After"] = str(math.ceil(error["retry_after"]))
    return response


def status_of(code: ErrorCode) -> int:
    """Return the status of an error where nothing else is said."""
    return _STATUS.get(code, 400)


def not_found() -> ErrorBody:
    return error_body(ErrorCode.NOT_FOUND, "Not found")


def forbidden(permission: str) -> ErrorBody:
    return error_body(
        ErrorCode.FORBIDDEN, f"This needs the permission '{permission}'", details={"permission": permission}
    )


def unavailable() -> ErrorBody:
    """Say that a database, or a key server, is away."""
    return error_body(ErrorCode.SERVICE_UNAVAILABLE, "The service cannot do this right now; try again shortly")


def method_not_allowed(allowed: str) -> ErrorBody:
    return error_body(ErrorCode.VALIDATION_ERROR, f"This path takes only {allowed}")


def invalid(text: str) -> ErrorBody:
    return error_body(ErrorCode.VALIDATION_ERROR, text)
