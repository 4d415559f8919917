"""The answers over HTTP. Every error has the shape it has on the socket."""

from collections.abc import Mapping
from typing import Any

import msgspec
from django.http import HttpResponse

from jobs.errors import ErrorBody, ErrorCode, error_body

_STATUS = {
    ErrorCode.UNAUTHORIZED: 401,
    ErrorCode.FORBIDDEN: 403,
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.QUOTA_EXCEEDED: 409,
    ErrorCode.PAYLOAD_TOO_LARGE: 413,
    ErrorCode.INTERNAL_ERROR: 500,
    ErrorCode.SERVICE_UNAVAILABLE: 503,
}


class Refused(Exception):
    """Ends a view with an error; ``authenticated`` makes the response of it."""

    def __init__(self, error: ErrorBody) -> None:
        super().__init__(error["message"])
        self.error = error


def json_response(body: Mapping[str, Any], status: int = 200) -> HttpResponse:
    response = HttpResponse(msgspec.json.encode(body), content_type="application/json", status=status)
    response["Cache-Control"] = "no-store"
    return response


def error_response(error: ErrorBody) -> HttpResponse:
    response = json_response({"error": error}, _STATUS.get(ErrorCode(error["code"]), 400))
    if response.status_code == 401:
        response["WWW-Authenticate"] = "Bearer"
    return response


def not_found() -> ErrorBody:
    return error_body(ErrorCode.NOT_FOUND, "Not found")


def forbidden(permission: str) -> ErrorBody:
    return error_body(
        ErrorCode.FORBIDDEN, f"This needs the permission '{permission}'", details={"permission": permission}
    )


def unavailable() -> ErrorBody:
    """Say that a database, or a key server, is away."""
    return error_body(ErrorCode.SERVICE_UNAVAILABLE, "This cannot be done right now")


def invalid(text: str) -> ErrorBody:
    return error_body(ErrorCode.VALIDATION_ERROR, text)
