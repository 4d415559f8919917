"""Makes Daphne wait for clients that read a long response slowly, and lets the application cut off those that do not.

By itself, Daphne takes every piece of a response at once and keeps it in memory until the client has read it. Here
``send`` returns only while little waits in the transport, as ASGI means it. And Daphne answers HEAD with all pieces but
the first, which a proxy would take for the answer to its next request.

The patched places are internal to Daphne and Twisted: requirements.txt pins the version, and a test uses a real server.
"""

import asyncio
from typing import Any

from daphne.http_protocol import WebRequest
from daphne.server import Server

from realtime.http.receiving.application import ABORT


class _Flow:
    """Stands between one response and its transport, as the response's producer.

    The methods named ``…Producing`` are those of Twisted's interface.
    """

    def __init__(self, request: Any) -> None:
        self._request = request
        self._writable = asyncio.Event()
        self._writable.set()
        self._is_registered = False

    def pauseProducing(self) -> None:
        self._writable.clear()

    def resumeProducing(self) -> None:
        self._writable.set()

    def stopProducing(self) -> None:
        self._writable.set()

    async def wait(self) -> None:
        """Wait until little waits in the transport, or the connection has ended."""
        channel = self._request.channel
        if channel is None or self._request.finished:
            return
        if not self._is_registered:
            self._is_registered = True
            self._request.registerProducer(self, True)
            if channel._waitingForTransport:
                self.pauseProducing()
        await self._writable.wait()

    def let_go(self) -> None:
        """Wait for nothing any more."""
        if self._is_registered:
            self._is_registered = False
            if self._request.channel is not None:
                self._request.unregisterProducer()
        self._writable.set()

    def abort(self) -> None:
        if self._request.channel is not None:
            self._request.channel.transport.abortConnection()


def install() -> None:
    """Patch Daphne. Call it once per process, before the server starts."""
    if getattr(Server, "_streamer_responses", False):
        return
    create_application, handle_reply = Server.create_application, Server.handle_reply
    finish, lost = WebRequest.finish, WebRequest.connectionLost

    def create(self: Any, protocol: Any, scope: dict[str, Any]) -> Any:
        if isinstance(protocol, WebRequest):
            protocol._streamer_flow = _Flow(protocol)
            scope["extensions"] = {**scope.get("extensions", {}), ABORT: protocol._streamer_flow.abort}
        return create_application(self, protocol, scope)

    async def reply(self: Any, protocol: Any, message: Any) -> None:
        if message["type"] == "http.response.body" and protocol.method == b"HEAD":
            message = {**message, "body": b""}
        await handle_reply(self, protocol, message)
        if message["type"] == "http.response.body" and protocol._streamer_flow is not None:
            await protocol._streamer_flow.wait()

    def finish_(self: Any) -> None:
        _let_go(self)
        finish(self)

    def connectionLost(self: Any, reason: Any) -> None:
        _let_go(self)
        lost(self, reason)

    WebRequest._streamer_flow = None
    WebRequest.finish = finish_
    WebRequest.connectionLost = connectionLost
    Server.create_application = create
    Server.handle_reply = reply
    Server._streamer_responses = True


def _let_go(request: Any) -> None:
    # They refer to each other, and would stay until the next full garbage collection.
    flow, request._streamer_flow = request._streamer_flow, None
    if flow is not None:
        flow.let_go()
