"""Makes Daphne read request bodies in bounded memory, and refuse those above the limit of their URL.

By itself, Twisted parses a form in memory, several times its size, and Daphne puts the whole body into the
application's queue. Neither has a limit, so anybody could fill memory or disk. Here a body stays in the temporary file
that Twisted writes. The application reads it piece by piece, and one that is too large is cut off as it arrives.

The patched places are internal to Daphne: requirements.txt pins the version, and a test uses a real server.
"""

import asyncio
import io
from typing import Any, BinaryIO

from daphne.http_protocol import WebRequest
from daphne.server import Server
from django.conf import settings

from realtime.http.uploads.application import PATHS, App, Receive, Scope, Send
from realtime.http.uploads.multipart import EXTRA_BYTES

PIECE_BYTES = 256 * 1024
_BODY = "streamer.body"
_CUT_OFF = -1
_TOO_LARGE = b"HTTP/1.1 413 Request Entity Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


def install() -> None:
    """Patch Daphne. Call it once per process, before the server starts."""
    if getattr(Server, "_streamer_bodies", False):
        return
    init, got_length, take = WebRequest.__init__, WebRequest.gotLength, WebRequest.handleContentChunk
    create_application = Server.create_application

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        init(self, *args, **{**kwargs, "parsePOSTFormSubmission": False})

    def gotLength(self: Any, length: int | None) -> None:
        self._most_bytes = _limit(self.channel._path)
        got_length(self, length)
        if length is not None and length > self._most_bytes:
            _cut_off(self)

    def handleContentChunk(self: Any, data: bytes) -> None:
        if self._most_bytes == _CUT_OFF:
            return
        if self.content.tell() + len(data) > self._most_bytes:
            _cut_off(self)
        else:
            take(self, data)

    def create(self: Any, protocol: Any, scope: Scope) -> Any:
        if scope["type"] == "http":
            # Daphne goes on with an empty body, which ``StoredBodies`` leaves out.
            scope[_BODY], protocol.content = protocol.content, io.BytesIO()
        return create_application(self, protocol, scope)

    WebRequest.__init__ = __init__
    WebRequest.gotLength = gotLength
    WebRequest.handleContentChunk = handleContentChunk
    Server.create_application = create
    Server._streamer_bodies = True


def _limit(target: bytes) -> int:
    path = target.split(b"?", 1)[0].decode("latin-1")
    if path in PATHS:
        return int(settings.STREAMER_DATASET_MAX_BYTES) + EXTRA_BYTES
    return int(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)


def _cut_off(request: Any) -> None:
    # Close at once, because the rest may be of any size.
    request._most_bytes = _CUT_OFF
    request.channel.transport.write(_TOO_LARGE)
    request.channel.loseConnection()


class StoredBodies:
    """An ASGI application that passes another one the bodies that ``install`` has held back."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body: BinaryIO | None = scope.pop(_BODY, None)
        if body is None:
            await self._app(scope, receive, send)
            return
        with body:
            await self._app(scope, _Pieces(body, receive), send)


class _Pieces:
    """The ``receive`` of a body, which reads the next piece only when it is called."""

    def __init__(self, body: BinaryIO, receive: Receive) -> None:
        self._body = body
        self._receive = receive
        self._next: asyncio.Task[Any] | None = None
        self._left = True

    async def __call__(self) -> Any:
        if self._next is None:
            await self._receive()  # the empty body that Daphne sends
            self._next = asyncio.create_task(self._await_end())
        if self._left and not self._next.done():
            # Usually from the page cache, which is quicker than handing it to a thread.
            piece = self._body.read(PIECE_BYTES)
            self._left = len(piece) == PIECE_BYTES
            await asyncio.sleep(0)  # let other sockets run
            return {"type": "http.request", "body": piece, "more_body": self._left}
        return await asyncio.shield(self._next)

    async def _await_end(self) -> Any:
        return await self._receive()
