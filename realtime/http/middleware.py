"""The middleware around all views: it refuses some requests, and completes some answers."""

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed
from django.utils.decorators import sync_and_async_middleware

from realtime.http.responses import error_response, is_api, method_not_allowed

GetResponse = Callable[[HttpRequest], Any]
_POLICY = "Content-Security-Policy"


@sync_and_async_middleware
def refuse_nul(get_response: GetResponse) -> GetResponse:
    """Refuse a URL with the character NUL, which PostgreSQL cannot even search for."""

    def check(request: HttpRequest) -> None:
        if "\x00" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            raise BadRequest("A URL with the character NUL")

    return _around(get_response, check, lambda request, response: response)


@sync_and_async_middleware
def complete_responses(get_response: GetResponse) -> GetResponse:
    """Give a refused method below ``/api/`` the body of every error, and a page without a content policy the default.

    Django's own pages, such as the admin's, set no policy.
    """

    def complete(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if isinstance(response, HttpResponseNotAllowed) and is_api(request):
            allowed = response["Allow"]
            response = error_response(method_not_allowed(allowed), status=405)
            response["Allow"] = allowed
        is_page = response.get("Content-Type", "").startswith("text/html")
        if is_page and settings.CONTENT_SECURITY_POLICY:
            response.headers.setdefault(_POLICY, settings.CONTENT_SECURITY_POLICY)
        return response

    return _around(get_response, lambda request: None, complete)


def _around(
    get_response: GetResponse,
    before: Callable[[HttpRequest], None],
    after: Callable[[HttpRequest, HttpResponseBase], HttpResponseBase],
) -> GetResponse:
    """Make the middleware of the kind that Django wants: with ``async`` it costs no thread."""
    if not iscoroutinefunction(get_response):

        def in_thread(request: HttpRequest) -> HttpResponseBase:
            before(request)
            return after(request, get_response(request))

        return in_thread

    async def on_loop(request: HttpRequest) -> HttpResponseBase:
        before(request)
        return after(request, await get_response(request))

    return on_loop
