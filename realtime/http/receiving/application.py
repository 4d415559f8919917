"""Bounds the body of every request, on any ASGI server.

Django takes in a whole body, from anybody and of any size, before a view can say no. This application comes before it.
A body above its limit is refused, by its length if the client tells it, else where it exceeds the limit. Any is
refused with a head that Django cannot read (see ``heads``). Below a streamed path Django gets an empty body. The view
has judged the headers when it reads the first byte, with ``streamed_body``.
"""

import asyncio
import logging
from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from jobs.errors import ErrorCode, error_body
from jobs.formatting import format_bytes
from jobs.full_disk import is_disk_full
from realtime.http.receiving.body import (
    App,
    Body,
    BodyRefused,
    BodyTooLarge,
    HeadUnreadable,
    NoRoomForBody,
    Receive,
    Scope,
    Send,
)
from realtime.http.receiving.heads import fault_of_head
from realtime.http.responses import Refused, error_response, invalid, unavailable

logger = logging.getLogger(__name__)

_BODY = "streamer.body"
ABORT = "streamer.abort"
"""The extension of a scope with which a server offers to cut the connection: a function without arguments."""


class AnswerCut(Exception):
    """The rest of an answer that has begun cannot be had. The text is for the log."""


class BoundedBodies:
    """An ASGI application around another one, whose POSTs to ``streamed_paths`` read their bodies themselves."""

    def __init__(self, app: App, streamed_paths: Collection[str]) -> None:
        self._app = app
        self._streamed_paths = streamed_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = Body(scope, receive, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        answer = _Answer(body, send)
        try:
            if fault := fault_of_head(scope["headers"]):
                raise HeadUnreadable(fault)
            if self._is_streamed(scope):
                body.most_bytes = 0
                await self._app({**scope, _BODY: body}, _HeldBack(body, receive), answer.send)
                return
            if body.length is not None and body.length > body.most_bytes:
                raise BodyTooLarge
            await self._app(scope, body.message, answer.send)
        except BodyRefused as refused:
            await answer.refuse(refused)
        except AnswerCut as cut:
            await _cut_off(scope, cut)
        except OSError as error:
            if answer.is_begun or not is_disk_full(error):
                raise
            logger.error("The body of a request cannot be kept now: %s", error)
            await answer.refuse(NoRoomForBody())

    def _is_streamed(self, scope: Scope) -> bool:
        path = scope["path"].removeprefix(scope.get("root_path", "").rstrip("/"))
        return scope["method"].upper() == "POST" and path in self._streamed_paths


async def _cut_off(scope: Scope, cut: AnswerCut) -> None:
    """End the connection, so that the client sees that bytes are missing. A server that cannot gets the error."""
    abort = scope.get("extensions", {}).get(ABORT)
    if abort is None:
        raise cut
    logger.warning("%s; the connection is cut", cut, extra={"path": scope["path"]})
    abort()
    # The server notes the end in the next turn of the loop. Before, a return would be an error to it.
    await asyncio.sleep(0)


class _HeldBack:
    """The ``receive`` for Django of a request whose body a view reads: an empty body, then the end of the client."""

    def __init__(self, body: Body, receive: Receive) -> None:
        self._body = body
        self._receive = receive
        self._is_told = False

    async def __call__(self) -> Any:
        if not self._is_told:
            self._is_told = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._body.is_over.wait()
        if self._body.is_gone:
            return {"type": "http.disconnect"}
        while (message := await self._receive())["type"] == "http.request":
            pass  # a body without a byte, which the view has not read
        return message


class _Answer:
    """The ``send`` of a request. Without the whole body the connection ends with the answer, which arrives first."""

    def __init__(self, body: Body, send: Send) -> None:
        self._body = body
        self._send = send
        self.is_begun = False

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.is_begun = True
            if not self._body.is_whole:
                # What is left of the body would be read as the next request.
                message = {**message, "headers": [*message["headers"], (b"connection", b"close")]}
        elif not message.get("more_body", False) and not self._body.is_whole:
            await self._send({**message, "more_body": True})
            await self._body.discard()
            message = {"type": "http.response.body"}
        await self._send(message)

    async def refuse(self, refused: BodyRefused) -> None:
        """Answer in place of the application, unless it has begun."""
        if self.is_begun:
            return
        response = refusal_of(refused, self._body.most_bytes)
        response["Content-Length"] = str(len(response.content))
        response["X-Content-Type-Options"] = "nosniff"
        headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in response.items()]
        await self.send({"type": "http.response.start", "status": response.status_code, "headers": headers})
        await self.send({"type": "http.response.body", "body": response.content})


def streamed_body(request: HttpRequest) -> Body:
    """Return the body of a request to a streamed path, of which nothing has been read. Set its ``most_bytes`` first."""
    body = getattr(request, "scope", {}).get(_BODY)
    if not isinstance(body, Body):
        raise Refused(unavailable())
    return body


def refusal_of(refused: BodyRefused, most_bytes: int) -> HttpResponse:
    if isinstance(refused, HeadUnreadable):
        return error_response(invalid(str(refused)))
    if isinstance(refused, NoRoomForBody):
        return error_response(unavailable())
    if isinstance(refused, BodyTooLarge):
        text = f"The body is larger than {format_bytes(most_bytes)}"
        return error_response(error_body(ErrorCode.PAYLOAD_TOO_LARGE, text, details={"limit_bytes": most_bytes}))
    return error_response(too_slow(), 408)


def too_slow() -> Any:
    return error_body(
        ErrorCode.TIMEOUT,
        f"The body came in slower than {format_bytes(settings.STREAMER_BODY_BYTES_PER_SECOND)} a second",
    )
