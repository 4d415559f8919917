"""Makes Daphne wait for clients that read slowly, and cuts off those that do not read at all.

By itself, Daphne takes every message at once and keeps it in memory until the client has read it. Here ``send`` returns
only while little waits in the transport, as ASGI means it. Until then nothing is read from the client either: its
pings and its messages would only add to what waits. A close that the client does not read ends in a cut.

The patched places are internal to Daphne: requirements.txt pins the version, and a test uses a real server.
"""

import asyncio
from typing import Any

from autobahn.exception import Disconnected
from daphne.server import Server
from daphne.ws_protocol import WebSocketProtocol
from twisted.web.http import HTTPChannel

from realtime.socket.transport import EXTENSION
from streamer_site.servers.limits import CLOSE_SECONDS
from streamer_site.servers.pings import unanswered_seconds


class ClientGone(OSError):
    """The connection is closing or closed. ASGI wants an ``OSError`` for what is sent then."""


class Flow:
    """Stands between one socket and its transport, as the transport's producer. It is the application's ``Transport``.

    The methods named ``…Producing`` are those of Twisted's interface.
    """

    def __init__(self, protocol: Any) -> None:
        self._protocol = protocol
        self._is_full = False
        self._holds = 0
        self._writable = asyncio.Event()
        self._writable.set()
        # Until here, the producer was the HTTP channel that the handshake came by. It and its request refer to each
        # other, and to the transport, which would so stay in memory until the next full garbage collection.
        channel = getattr(protocol.transport, "producer", None)
        if isinstance(channel, HTTPChannel):
            channel.requests.clear()
        protocol.transport.unregisterProducer()
        protocol.transport.registerProducer(self, True)

    def pauseProducing(self) -> None:
        self._is_full = True
        self._writable.clear()
        self._protocol.transport.pauseProducing()

    def resumeProducing(self) -> None:
        self._is_full = False
        self._read_on()
        # One turn of the loop later, or a slow client would never be heard: each message that waits fills the
        # transport again.
        loop = asyncio.get_running_loop()
        loop.call_soon(loop.call_soon, self._go_on)

    def stopProducing(self) -> None:
        self._is_full = False
        self._writable.set()

    def _go_on(self) -> None:
        if not self._is_full:
            self._writable.set()

    async def wait(self) -> None:
        """Wait until little waits in the transport, or the connection has ended."""
        await self._writable.wait()

    def pause_reading(self) -> None:
        self._holds += 1
        self._protocol.transport.pauseProducing()

    def resume_reading(self) -> None:
        self._holds -= 1
        self._read_on()

    def _read_on(self) -> None:
        if not (self._is_full or self._holds):
            self._protocol.transport.resumeProducing()

    def abort(self) -> None:
        self._protocol.dropConnection(abort=True)

    @property
    def round_trip_seconds(self) -> float | None:
        seconds: float | None = self._protocol.streamer_round_trip
        return seconds

    @property
    def unanswered_seconds(self) -> float:
        return unanswered_seconds(self._protocol)


def install() -> None:
    """Patch Daphne. Call it once per process, before the server starts."""
    if getattr(WebSocketProtocol, "_streamer_flow", False):
        return
    create_application, handle_reply = Server.create_application, Server.handle_reply
    drop_connection, on_close = WebSocketProtocol.dropConnection, WebSocketProtocol.onClose

    def create(self: Any, protocol: Any, scope: dict[str, Any]) -> Any:
        if isinstance(protocol, WebSocketProtocol):
            protocol.flow = Flow(protocol)
            scope["extensions"] = {**scope.get("extensions", {}), EXTENSION: protocol.flow}
        return create_application(self, protocol, scope)

    async def reply(self: Any, protocol: Any, message: Any) -> None:
        flow: Flow | None = getattr(protocol, "flow", None)
        if flow is not None:
            await flow.wait()
        try:
            await handle_reply(self, protocol, message)
        except Disconnected as error:
            raise ClientGone(str(error)) from None

    def dropConnection(self: Any, abort: bool = False) -> None:
        drop_connection(self, abort)
        if not abort:  # what waits is sent first, and the client may not read it
            asyncio.get_running_loop().call_later(CLOSE_SECONDS, self.transport.abortConnection)

    def onClose(self: Any, wasClean: bool, code: int | None, reason: str | None) -> None:
        flow: Flow | None = self.__dict__.pop("flow", None)
        if flow is not None:
            flow.stopProducing()
        on_close(self, wasClean, code, reason)
        # Their results are the protocol itself: another circle.
        self.is_open = self.is_closed = None

    Server.create_application = create
    Server.handle_reply = reply
    WebSocketProtocol.dropConnection = dropConnection
    WebSocketProtocol.onClose = onClose
    # An attribute of the class goes before the factory's option of that name.
    WebSocketProtocol.closeHandshakeTimeout = CLOSE_SECONDS
    WebSocketProtocol._streamer_flow = True
