"""Views that answer the owner of a token, and no other: who asks, what they may and what they want, or a refusal."""

import functools
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Concatenate, ParamSpec, TypeVar, cast

from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from jobs.data.datasets.failures import DatasetError
from jobs.errors import HandlerError
from realtime.auth import Identity, KeysUnavailable, Unauthorized, token_of, verify
from realtime.database import in_database
from realtime.http.responses import Refused, error_response, forbidden, invalid, not_found, unavailable

P = ParamSpec("P")
T = TypeVar("T")
_MAX_DIGITS = 9


def identify(request: HttpRequest) -> Identity:
    """Identify the client by the header alone: a token in a URL would end up in logs and histories."""
    header = request.headers.get("Authorization")
    return identify_by([(b"authorization", header.encode("latin-1", "replace"))] if header else [])


def identify_by(headers: Iterable[tuple[bytes, bytes]]) -> Identity:
    """Identify the sender by the headers of an ASGI scope."""
    return verify(token_of(headers, [], b""))


def demand(identity: Identity, permission: str) -> None:
    if not identity.may(permission):
        raise Refused(forbidden(permission))


def found(thing: T | None) -> T:
    """Return what was looked for, or refuse with 404."""
    if thing is None:
        raise Refused(not_found())
    return thing


def whole_number(request: HttpRequest, name: str, *, default: int, least: int, most: int | None = None) -> int:
    """Read a whole number from the query string, or refuse."""
    text = request.GET.get(name, str(default))
    if text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS:
        number = int(text)
        if least <= number and (most is None or number <= most):
            return number
    reach = f"from {least} on" if most is None else f"from {least} to {most}"
    raise Refused(invalid(f"{name} is a whole number {reach}"))


@contextmanager
def refusing() -> Iterator[None]:
    """Make a refusal of each error that a client, or a service that is away, can cause."""
    try:
        yield
    except (Unauthorized, HandlerError, DatasetError) as error:
        raise Refused(error.body()) from error
    except (DatabaseError, KeysUnavailable) as error:
        raise Refused(unavailable()) from error


def answering(
    *methods: str,
) -> Callable[
    [Callable[Concatenate[HttpRequest, Identity, P], Awaitable[HttpResponseBase]]], Callable[..., HttpResponseBase]
]:
    """Let only these methods and requests with a good token through, and answer for a dead database."""

    def decorate(
        view: Callable[Concatenate[HttpRequest, Identity, P], Awaitable[HttpResponseBase]],
    ) -> Callable[..., HttpResponseBase]:
        # Nothing here accepts a cookie, only a token, which no foreign page has.
        @csrf_exempt
        @require_http_methods(list(methods))
        @functools.wraps(view)
        async def wrapped(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            try:
                with refusing():
                    return await view(request, await in_database(identify, request), *args, **kwargs)
            except Refused as refused:
                return error_response(refused.error)

        # Django awaits what an asynchronous view returns; its types know views of the other kind only.
        return cast(Callable[..., HttpResponseBase], wrapped)

    return decorate
