"""Views that answer the owner of a token, and no other: who asks, what they may and what they want, or a refusal."""

import asyncio
import functools
from collections.abc import Awaitable, Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import Concatenate, ParamSpec, TypeVar, cast

from django.db import Error as DatabaseError
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from jobs.data.datasets.failures import DatasetError
from jobs.errors import ErrorCode, HandlerError, error_body
from jobs.requests.writer import Overloaded
from realtime import sessions
from realtime.auth import Identity, KeysUnavailable, Unauthorized, token_of, verify
from realtime.http.refused import log_refused_request
from realtime.http.responses import Refused, error_response, forbidden, invalid, not_found, unavailable
from realtime.http.sender import Sender
from realtime.http.sign_in.csrf import is_from_own_form
from realtime.revocations.table import admit
from realtime.scoped_tokens import PREFIX, verify_scoped_token

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


async def identify_apart(request: HttpRequest, *, takes_scoped: bool = False) -> Identity:
    """Do as ``identify`` on a thread for that alone, and refuse a revoked token.

    Keys may come from a slow server, for which no query may wait. ``takes_scoped``: a token for one request is taken.
    """
    token = scoped_token_of(request) if takes_scoped else None
    if token is not None:
        identity = verify_scoped_token(token)
    elif (by_session := await identify_by_cookie(request)) is not None:
        identity = by_session
    else:
        identity = await asyncio.get_running_loop().run_in_executor(_verifiers(), identify, request)
    await admit(identity)
    return identity


async def identify_by_cookie(request: HttpRequest) -> Identity | None:
    """Identify a page of this site by Django's session, if that is switched on and no token came along.

    What changes something needs Django's CSRF token too, in the header ``X-CSRFToken``.
    """
    if not sessions.are_on() or "Authorization" in request.headers:
        return None
    headers = [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in request.headers.items()]
    identity = await sessions.identify_by_session(headers, must_tell_origin=False)
    if identity is not None and not is_from_own_form(request):
        raise Refused(error_body(ErrorCode.FORBIDDEN, "The CSRF token is missing or wrong"))
    return identity


def scoped_token_of(request: HttpRequest) -> str | None:
    """Return the token for one request that came along, in the header or in the URL; None for any other kind.

    Browsers give a stream no header, and a link has none. So this kind may stand in a URL: it opens little.
    """
    header = request.headers.get("Authorization")
    token = request.GET.get("token", "") if header is None else header.partition(" ")[2].strip()
    return token if token.startswith(PREFIX) else None


@cache
def _verifiers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(4, thread_name_prefix="verify-http")


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
    return read_whole_number(request.GET.get(name, str(default)), name, least=least, most=most)


def read_whole_number(text: str, name: str, *, least: int, most: int | None = None) -> int:
    """Read a whole number that a client sent as ``name``, or refuse."""
    if text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS:
        number = int(text)
        if least <= number and (most is None or number <= most):
            return number
    reach = f"of at least {least}" if most is None else f"from {least} to {most}"
    raise Refused(invalid(f"{name} must be a whole number {reach}"))


@contextmanager
def refusing() -> Iterator[None]:
    """Make a refusal of each error that a client, or a service that is away, can cause."""
    try:
        yield
    except Unauthorized as error:
        raise Refused(error.body(), identity=error.identity) from error
    except (HandlerError, DatasetError) as error:
        raise Refused(error.body()) from error
    except (DatabaseError, KeysUnavailable, Overloaded) as error:
        raise Refused(unavailable()) from error


def answering(
    *methods: str, takes_scoped: bool = False, counts: bool = True
) -> Callable[
    [Callable[Concatenate[HttpRequest, Identity, P], Awaitable[HttpResponseBase]]], Callable[..., HttpResponseBase]
]:
    """Let only these methods and requests with a good token through, and answer for a dead database.

    ``takes_scoped``: a token for one request is good too. The view must look for no more than ``access`` allows.
    ``counts``: each call counts as a message of the client. False: the view counts by itself.
    """

    def decorate(
        view: Callable[Concatenate[HttpRequest, Identity, P], Awaitable[HttpResponseBase]],
    ) -> Callable[..., HttpResponseBase]:
        # A token is what no foreign page has. Who comes with a cookie alone is checked where it is read.
        @csrf_exempt
        @require_http_methods(list(methods))
        @functools.wraps(view)
        async def wrapped(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            identity: Identity | None = None
            try:
                with refusing():
                    identity = await identify_apart(request, takes_scoped=takes_scoped)
                    if counts:
                        Sender(request, identity).take_message()
                    return await view(request, identity, *args, **kwargs)
            except Refused as refused:
                log_refused_request(request, refused.error, identity or refused.identity)
                return error_response(refused.error, refused.status)

        # Django awaits what an asynchronous view returns; its types know views of the other kind only.
        return cast(Callable[..., HttpResponseBase], wrapped)

    return decorate
