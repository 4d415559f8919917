"""The middleware that refuses requests before any view sees them."""

from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.core.exceptions import BadRequest
from django.http import HttpRequest
from django.utils.decorators import sync_and_async_middleware


@sync_and_async_middleware
def refuse_nul(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Refuse a URL with the character NUL, which PostgreSQL cannot even search for."""

    def check(request: HttpRequest) -> None:
        if "\x00" in request.path or "%00" in request.META.get("QUERY_STRING", ""):
            raise BadRequest("A URL with the character NUL")

    if not iscoroutinefunction(get_response):

        def in_thread(request: HttpRequest) -> Any:
            check(request)
            return get_response(request)

        return in_thread

    async def on_loop(request: HttpRequest) -> Any:
        check(request)
        return await get_response(request)

    return on_loop
