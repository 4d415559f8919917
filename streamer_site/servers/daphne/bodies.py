"""Makes Daphne start the application when a request's headers are there, and hand its body on as it comes.

By itself, Daphne spools a body of any size, from anybody, before the application sees its headers. And it says "100
Continue" to a client that asks if it may send. Here the application decides: nothing is read from the socket before
it asks for the body, and no more than it takes. An answer that breaks off ends the connection.

The patched places are internal to Daphne and Twisted: requirements.txt pins Daphne, and a test uses a real server.
"""

import asyncio
import io
from typing import Any

from daphne.http_protocol import WebRequest
from daphne.server import Server
from twisted.web.http import HTTPChannel

from realtime.http.receiving.body import App, Receive, Scope, Send

_HELD_BYTES = 64 * 1024
_BODY = "streamer.arriving"


class _Arriving:
    """The body of one request. It pauses the socket while the application does not take what has come."""

    def __init__(self, request: Any) -> None:
        self._channel = request.channel
        self._request = request
        self._held = bytearray()
        self._news = asyncio.Event()
        self._is_paused = self._is_asked = self._is_told = self._is_gone = False
        self.is_whole = False

    def feed(self, data: bytes) -> None:
        self._held += data
        if len(self._held) >= _HELD_BYTES and not self._is_paused:
            self._is_paused = True
            # The server's time-out is for clients that send nothing, and this one must not.
            self._channel.setTimeout(None)
            self._channel._networkProducer.pauseProducing()
        self._news.set()

    def end(self) -> None:
        self.is_whole = True
        self._news.set()

    def lose(self) -> None:
        """The client is gone, or has its answer."""
        self._is_gone = True
        self._news.set()

    async def receive(self) -> Any:
        """Return the next ASGI message."""
        if not self._is_asked:
            self._is_asked = True
            if _expects(self._request) and not self._request._response_started and not self._held:
                _continue(self._channel)
        while True:
            if self._is_gone:
                return {"type": "http.disconnect"}
            if (self._held or self.is_whole) and not self._is_told:
                piece = bytes(self._held)
                self._held.clear()
                self._is_told = self.is_whole
                self._resume()
                return {"type": "http.request", "body": piece, "more_body": not self.is_whole}
            self._news.clear()
            await self._news.wait()

    def _resume(self) -> None:
        if self._is_paused:
            self._is_paused = False
            if not self.is_whole:
                self._channel.setTimeout(self._channel.timeOut)
            self._channel._networkProducer.resumeProducing()


def install() -> None:
    """Patch Daphne. Call it once per process, before the server starts."""
    if getattr(Server, "_streamer_bodies", False):
        return
    got_length, received = WebRequest.gotLength, WebRequest.requestReceived
    finish, lost = WebRequest.finish, WebRequest.connectionLost
    create_application, handle_exception = Server.create_application, WebRequest.handle_exception

    def gotLength(self: Any, length: int | None) -> None:
        if length == 0:
            got_length(self, length)
        elif self.requestHeaders.hasHeader(b"Upgrade"):
            got_length(self, 0)
            self.channel._respondToBadRequestAndDisconnect()
        else:
            self.content = io.BytesIO()
            self._streamer_body = _Arriving(self)
            channel = self.channel
            received(self, channel._command, channel._path, channel._version)

    def handleContentChunk(self: Any, data: bytes) -> None:
        if self._streamer_body is not None and not self.finished:
            self._streamer_body.feed(data)

    def requestReceived(self: Any, command: bytes, path: bytes, version: bytes) -> None:
        if self._streamer_body is None:
            received(self, command, path, version)
        else:
            self._streamer_body.end()

    def finish_(self: Any) -> None:
        if self._streamer_body is not None:
            if not self._streamer_body.is_whole:
                _end_with_answer(self.channel)
            elif b"close" in (self.responseHeaders.getRawHeaders(b"Connection") or []):
                self.channel.persistent = 0
            self._streamer_body.lose()
        finish(self)

    def connectionLost(self: Any, reason: Any) -> None:
        if self._streamer_body is not None:
            self._streamer_body.lose()
        lost(self, reason)

    def create(self: Any, protocol: Any, scope: Scope) -> Any:
        if scope["type"] == "http" and protocol._streamer_body is not None:
            scope[_BODY] = protocol._streamer_body
        return create_application(self, protocol, scope)

    def handle_exception_(self: Any, exception: Exception) -> None:
        # A second head is an error of Daphne's own, which would end its clean-up of connections for good.
        if self._response_started:
            self.channel.transport.abortConnection()
        else:
            handle_exception(self, exception)

    WebRequest.handle_exception = handle_exception_
    WebRequest._streamer_body = None
    WebRequest.gotLength = gotLength
    WebRequest.handleContentChunk = handleContentChunk
    WebRequest.requestReceived = requestReceived
    WebRequest.finish = finish_
    WebRequest.connectionLost = connectionLost
    channel: Any = HTTPChannel
    channel._send100Continue = lambda self: None
    Server.create_application = create
    Server._streamer_bodies = True


def _expects(request: Any) -> bool:
    told = request.requestHeaders.getRawHeaders(b"Expect") or [b""]
    return bool(told[0].lower() == b"100-continue" and request.clientproto == b"HTTP/1.1")


def _continue(channel: Any) -> None:
    channel.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")


def _end_with_answer(channel: Any) -> None:
    """Let the connection end with the answer. What is left of the body would be read as the next request."""
    channel.persistent = 0
    channel.dataReceived = channel.rawDataReceived = lambda data: None


class StreamedBodies:
    """An ASGI application that passes another one the bodies that ``install`` makes arrive."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body: _Arriving | None = scope.pop(_BODY, None)
        await self._app(scope, receive if body is None else body.receive, send)
