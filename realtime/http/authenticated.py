"""Views that answer the owner of a token, and no other."""

import functools
from collections.abc import Awaitable, Callable
from typing import Concatenate, ParamSpec, cast

from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from realtime.auth import Identity, KeysUnavailable, Unauthorized, token_of, verify
from realtime.database import in_database
from realtime.http.responses import unauthorized, unavailable

P = ParamSpec("P")


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
                return unauthorized(error)
            except (DatabaseError, KeysUnavailable):
                return unavailable()

        # Django awaits what an asynchronous view returns; its types know views of the other kind only.
        return cast(Callable[..., HttpResponseBase], wrapped)

    return decorate
