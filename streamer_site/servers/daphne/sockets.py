"""Corrections of Daphne's sockets: the handshake, pings, and protocol errors.

A handshake with subprotocols that are not ASCII is the client's error and not the server's. Every socket is pinged, and
must answer: by itself, Daphne lets one live that only sends. The application closes one that does not answer, with a
last message and a code, where Daphne cuts it off silently. A protocol error ends with the close code of RFC 6455,
where Daphne cuts the socket off too.

The patched places are internal to Daphne: requirements.txt pins the version, and a test uses a real server.
"""

from typing import Any

from daphne.ws_protocol import WebSocketProtocol
from twisted.internet import reactor
from twisted.internet.tcp import Connection

from realtime.socket.consumer import NO_PONG_EVENT
from streamer_site.servers.limits import CLOSE_SECONDS, LINGER_SECONDS
from streamer_site.servers.pings import Pinger, ping_frame, pong_in, take_pong

# Twisted declares no type for the reactor, which is a module.
_later: Any = reactor.callLater
_OFFERED = "sec-websocket-protocol"


def install() -> None:
    """Patch Daphne. Call it once per process, before the server starts."""
    if getattr(WebSocketProtocol, "_streamer_sockets", False):
        return
    _correct_handshakes()
    _demand_pongs()
    _name_protocol_errors()
    WebSocketProtocol._streamer_sockets = True


def _correct_handshakes() -> None:
    connect = WebSocketProtocol.onConnect

    def onConnect(self: Any, request: Any) -> Any:
        if not request.headers.get(_OFFERED, "").isascii():
            request.headers[_OFFERED] = request.headers[_OFFERED].encode("ascii", "replace").decode()
        return connect(self, request)

    WebSocketProtocol.onConnect = onConnect


def _demand_pongs() -> None:
    cut_off, opened, pong, received = (
        WebSocketProtocol.onAutoPingTimeout,
        WebSocketProtocol.onOpen,
        WebSocketProtocol.onPong,
        WebSocketProtocol._dataReceived,
    )
    pingers: dict[Any, Pinger] = {}

    def onOpen(self: Any) -> None:
        opened(self)
        server = self.server
        if server not in pingers:
            pingers[server] = Pinger(
                interval=server.ping_interval, timeout=server.ping_timeout, send=_send_ping, give_up=give_up
            )
        pingers[server].add(self)

    def give_up(self: Any) -> None:
        self.application_queue.put_nowait({"type": NO_PONG_EVENT})
        _later(CLOSE_SECONDS, cut_off, self)

    def onPong(self: Any, payload: bytes) -> None:
        pong(self, payload)
        take_pong(self, payload)

    def dataReceived(self: Any, data: bytes) -> None:
        # Nearly all that comes from an idle socket. autobahn takes ten times as long to read it.
        content = pong_in(data)
        if content is not None and _is_between_frames(self) and take_pong(self, content):
            return
        received(self, data)

    def check_timeouts(self: Any) -> None:
        if self.state == self.STATE_CONNECTING and self.duration() > self.server.websocket_connect_timeout:
            self.serverReject()
        elif 0 <= self.server.websocket_timeout < self.duration():
            self.serverClose()

    WebSocketProtocol.onOpen = onOpen
    WebSocketProtocol.onPong = onPong
    WebSocketProtocol._dataReceived = dataReceived
    # Daphne's own would ping, too.
    WebSocketProtocol.check_timeouts = check_timeouts
    WebSocketProtocol.streamer_ping = None
    WebSocketProtocol.streamer_round_trip = None


def _send_ping(socket: Any, content: bytes) -> bool:
    if socket.state != socket.STATE_OPEN or socket.failedByMe:
        return False
    frame, transport = ping_frame(content), socket.transport
    sent = 0
    if isinstance(transport, Connection) and not transport.dataBuffer and not transport._tempDataBuffer:
        # Without the reactor, which would begin and cease to watch for room to write.
        written = transport.writeSomeData(frame)
        sent = written if isinstance(written, int) and written > 0 else 0
    if sent < len(frame):
        transport.write(frame[sent:])
    return True


def _is_between_frames(socket: Any) -> bool:
    return bool(socket.state == socket.STATE_OPEN and not socket.data and socket.current_frame is None)


def _name_protocol_errors() -> None:
    drop, process, closed = (
        WebSocketProtocol._fail_connection,
        WebSocketProtocol.processData,
        WebSocketProtocol.onClose,
    )

    def _fail_connection(self: Any, code: int, reason: str) -> None:
        if self.state != self.STATE_OPEN:
            drop(self, code, reason)
            return
        self.failedByMe = True
        self.wasNotCleanReason = reason
        self.closeHandshakeTimeout = LINGER_SECONDS
        self.sendCloseFrame(code=code)

    def processData(self: Any) -> bool:
        if not self.failedByMe:
            return bool(process(self))
        # The client may still be sending. A cut before it has read the close would take that away too.
        self.data = b""
        return False

    def onClose(self: Any, wasClean: bool, code: int | None, reason: str | None) -> None:
        closed(self, wasClean, self.localCloseCode if self.failedByMe else code, reason)

    WebSocketProtocol._fail_connection = _fail_connection
    WebSocketProtocol.processData = processData
    WebSocketProtocol.onClose = onClose
