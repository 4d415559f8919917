"""The handlers of errors below ``/api/`` outside Streamer's own views. They give errors their one shape."""

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponseBase
from django.views import defaults
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.response import Response
from rest_framework.views import exception_handler

from jobs.errors import ErrorCode, Fault, error_body
from jobs.repeats import REPEATS
from realtime.http.responses import error_response, invalid, is_api, not_found, unavailable
from realtime.limits.sign_ins import RETRY_SECONDS, LimitUnavailable

logger = logging.getLogger(__name__)

_CODES = {
    401: ErrorCode.UNAUTHORIZED,
    403: ErrorCode.FORBIDDEN,
    404: ErrorCode.NOT_FOUND,
    413: ErrorCode.PAYLOAD_TOO_LARGE,
    429: ErrorCode.RATE_LIMITED,
}


def answer_failure(error: Exception, context: dict[str, Any]) -> Response | None:
    """Answer for a view of the REST framework. None: the error is not the framework's and is raised again."""
    if isinstance(error, DatabaseError):
        logger.warning("Not answered for now: %s", error, extra=REPEATS)
        return Response({"error": unavailable()}, 503)
    if isinstance(error, LimitUnavailable):
        body = error_body(ErrorCode.SERVICE_UNAVAILABLE, str(error), retry_after=RETRY_SECONDS)
        return Response({"error": body}, 503, headers={"Retry-After": f"{RETRY_SECONDS:.0f}"})
    response: Response | None = exception_handler(error, context)
    if response is None or not isinstance(error, APIException):
        return response
    code = _CODES.get(response.status_code, ErrorCode.VALIDATION_ERROR)
    faults = list(_faults(error.detail)) if isinstance(error, ValidationError) else []
    retry_after = getattr(error, "wait", None)
    details = {"faults": faults} if faults else None
    response.data = {"error": error_body(code, _text(error, faults), details=details, retry_after=retry_after)}
    return response


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    return error_response(not_found()) if is_api(request) else defaults.page_not_found(request, exception)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if not is_api(request):
        return defaults.bad_request(request, exception)
    return error_response(invalid("The HTTP request is malformed and cannot be read"))


def server_error(request: HttpRequest) -> HttpResponseBase:
    """Answer with 500. The log has the error itself, under the path."""
    if not is_api(request):
        return defaults.server_error(request)
    return error_response(error_body(ErrorCode.INTERNAL_ERROR, "Something went wrong on our side"))


def _faults(detail: Any) -> Iterator[Fault]:
    for path, texts in detail.items() if isinstance(detail, Mapping) else [("", detail)]:
        for text in texts if isinstance(texts, list) else [texts]:
            yield {"path": "" if path == "non_field_errors" else path, "message": str(text), "type": text.code}


def _text(error: APIException, faults: list[Fault]) -> str:
    if faults:
        first = faults[0]
        return f"{first['path']}: {first['message']}" if first["path"] else first["message"]
    detail = error.detail.get("detail", "") if isinstance(error.detail, dict) else error.detail
    return str(detail)
