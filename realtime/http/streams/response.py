"""The response that carries a stream, and the client's wish for one."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from typing import Any, Final

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse

from jobs.errors import ErrorCode, error_body
from realtime.auth import Identity
from realtime.http.receiving.application import ABORT
from realtime.http.responses import Refused
from realtime.http.streams.server_sent import MEDIA_TYPE
from realtime.http.streams.stream import EventStream, Source
from realtime.http.streams.threads import release_thread
from realtime.limits.refusals import REFUSALS
from realtime.shared import registry

_RETRY_SECONDS: Final = 5.0


def wants_stream(request: HttpRequest) -> bool:
    """Return True for a client that names the type. ``*/*``, which most others send, is no wish for a stream."""
    return any(f"{kind.main_type}/{kind.sub_type}" == MEDIA_TYPE for kind in request.accepted_types)


def require_room(identity: Identity) -> None:
    """Refuse a stream, or a long poll, beyond those that a user may have open."""
    most = settings.STREAMER_MAX_STREAMS_PER_USER
    if registry().streams.count(identity) >= most:
        REFUSALS.count("streams", "user", identity.tenant_id)
        text = f"You have {most} streams open, which is the most allowed"
        raise Refused(error_body(ErrorCode.RATE_LIMITED, text, retry_after=_RETRY_SECONDS))


def respond_with(request: HttpRequest, identity: Identity, source: Source) -> HttpResponseBase:
    """Respond with the stream of ``source``; to HEAD with its headers alone."""
    body: Any = _Nothing()
    if request.method != "HEAD":
        most = settings.STREAMER_MAX_STREAMS_PER_USER
        body = _Pieces(EventStream(identity, source, abort_of(request), most_of_user=most))
    response = StreamingHttpResponse(body, content_type=f"{MEDIA_TYPE}; charset=utf-8")
    response["Cache-Control"] = "no-store"
    response["X-Accel-Buffering"] = "no"  # nginx would hold back what is small
    return response


def abort_of(request: HttpRequest) -> Callable[[], object]:
    """Return what cuts the connection. With a server that offers nothing, the task that sends is cancelled."""
    abort: Callable[[], object] | None = getattr(request, "scope", {}).get("extensions", {}).get(ABORT)
    if abort is not None:
        return abort
    task = asyncio.current_task()
    assert task is not None
    return task.cancel


class _Pieces:
    """The body, as Django wants it. A stream that is never iterated over has never begun."""

    def __init__(self, stream: EventStream) -> None:
        self._stream = stream
        self._loop = asyncio.get_running_loop()
        self._is_begun = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if not self._is_begun:
            self._is_begun = True
            release_thread()
        piece = await self._stream.next_piece()
        if piece is None:
            raise StopAsyncIteration
        return piece

    def close(self) -> None:
        """End the stream of a client that is gone. Django calls this on a thread of its own."""
        with suppress(RuntimeError):  # the loop is closed, and the stream with it
            self._loop.call_soon_threadsafe(self._stream.end)


class _Nothing:
    """The body of the response to HEAD."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        raise StopAsyncIteration
