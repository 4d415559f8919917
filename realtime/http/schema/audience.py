"""Decides who may read the documents, and of which actions they tell."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from jobs.contract.base import Handler
from jobs.contract.registry import all_handlers
from jobs.errors import ErrorCode, error_body
from realtime.http.authenticated import identify_apart
from realtime.http.responses import Refused, not_found

Handlers = Sequence[Handler[Any]]


def public_handlers() -> Handlers:
    """Return the handlers that clients can be told of."""
    return [handler for handler in all_handlers().values() if not handler.internal]


async def handlers_for(request: HttpRequest) -> Handlers:
    """Return the handlers that the sender may know: with a token, those that it may use. Raises ``Refused``."""
    if settings.STREAMER_API_DOCS == "nobody":
        raise Refused(not_found())
    if "Authorization" in request.headers:
        identity = await identify_apart(request)
        return [handler for handler in public_handlers() if identity.may(handler.permission)]
    if settings.STREAMER_API_DOCS == "everybody" or await _is_staff(request):
        return public_handlers()
    raise Refused(error_body(ErrorCode.UNAUTHORIZED, "Send a token, or sign in to the admin"))


async def _is_staff(request: HttpRequest) -> bool:
    user = await request.auser()
    return bool(user.is_active and user.is_staff)
