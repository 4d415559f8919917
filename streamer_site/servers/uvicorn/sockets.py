"""Corrections of uvicorn's sockets, which then do what Daphne's do with its ``flow`` and ``sockets``.

Nothing is read from a client that does not read, and such a client cannot keep its connection after the close. The
application closes a client that answers no pings, with a last message and a code. A client can read why a protocol
error ends its connection, and text that is not UTF-8 writes no traceback into the log.

The patched places are internal to uvicorn: requirements.txt pins the version, and a test uses a real server.
"""

from typing import Any
from weakref import ref

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode

from realtime.socket.consumer import NO_PONG_EVENT
from realtime.socket.transport import EXTENSION
from streamer_site.servers.limits import CLOSE_SECONDS, LINGER_SECONDS
from streamer_site.servers.pings import Pinger, ping_frame, pong_in, take_pong, unanswered_seconds

# Its methods are replaced, which its types do not allow.
SocketProtocol: Any = WebSocketsSansIOProtocol


class _Transport:
    """The application's ``Transport``. It keeps no protocol in memory, whose scope it is part of."""

    def __init__(self, protocol: Any) -> None:
        self.abort = protocol.transport.abort
        self._protocol = ref(protocol)

    def pause_reading(self) -> None:
        protocol = self._protocol()
        if protocol is not None:
            protocol._holds += 1
            if not protocol.transport.is_closing():
                protocol.transport.pause_reading()

    def resume_reading(self) -> None:
        protocol = self._protocol()
        if protocol is not None:
            protocol._holds -= 1
            _read_on(protocol)

    @property
    def round_trip_seconds(self) -> float | None:
        protocol = self._protocol()
        return protocol.streamer_round_trip if protocol is not None else None

    @property
    def unanswered_seconds(self) -> float:
        protocol = self._protocol()
        return unanswered_seconds(protocol) if protocol is not None else 0.0


def install() -> None:
    """Patch uvicorn. Call it once per process, before the first connection."""
    if getattr(SocketProtocol, "_streamer_sockets", False):
        return
    _wait_for_readers()
    _end_connections()
    _demand_pongs()
    _name_protocol_errors()
    SocketProtocol._streamer_sockets = True


def _wait_for_readers() -> None:
    pause, receive = SocketProtocol.pause_writing, SocketProtocol.receive

    def pause_writing(self: Any) -> None:
        pause(self)
        self._is_full = True
        if not self.transport.is_closing():
            self.transport.pause_reading()

    def resume_writing(self: Any) -> None:
        self._is_full = False
        _read_on(self)
        # One turn of the loop later, or a slow client would never be heard: each message that waits fills the
        # transport again.
        self.loop.call_soon(self.loop.call_soon, go_on, self)

    def go_on(self: Any) -> None:
        if not self._is_full:
            self.writable.set()

    async def receive_unless_full(self: Any) -> Any:
        message = await receive(self)
        if (self._is_full or self._holds) and not self.transport.is_closing():
            self.transport.pause_reading()
        return message

    SocketProtocol._is_full = False
    SocketProtocol._holds = 0
    SocketProtocol.pause_writing = pause_writing
    SocketProtocol.resume_writing = resume_writing
    SocketProtocol.receive = receive_unless_full


def _read_on(socket: Any) -> None:
    if not (socket.read_paused or socket._is_full or socket._holds or socket.transport.is_closing()):
        socket.transport.resume_reading()


def _end_connections() -> None:
    run_asgi, lost, send = SocketProtocol.run_asgi, SocketProtocol.connection_lost, SocketProtocol.send

    async def run(self: Any) -> None:
        self.scope["extensions"][EXTENSION] = self._streamer_transport = _Transport(self)
        await run_asgi(self)
        # A close waits until the client has read what was sent before.
        self.loop.call_later(CLOSE_SECONDS, self.transport.abort)

    async def send_unless_gone(self: Any, message: Any) -> None:
        await send(self, message)
        if message["type"] == "websocket.accept" and not self.handshake_complete:
            # The client left during its handshake. By itself, uvicorn accepts nothing then, and calls the next message
            # of the application a mistake.
            raise ClientDisconnected

    def connection_lost(self: Any, error: Exception | None) -> None:
        lost(self, error)
        # Its parts refer to it, and would all stay, with what was read, until the next full garbage collection.
        vars(self.conn).clear()

    SocketProtocol._streamer_transport = None
    SocketProtocol.run_asgi = run
    SocketProtocol.send = send_unless_gone
    SocketProtocol.connection_lost = connection_lost


def _demand_pongs() -> None:
    pingers: dict[Any, Pinger] = {}
    received = SocketProtocol.data_received

    def start_keepalive(self: Any) -> None:
        config = self.config
        if not (config.ws_ping_interval and config.ws_ping_timeout):
            return
        if config not in pingers:
            pingers[config] = Pinger(
                interval=config.ws_ping_interval, timeout=config.ws_ping_timeout, send=_send_ping, give_up=give_up
            )
        pingers[config].add(self)

    def give_up(self: Any) -> None:
        self.queue.put_nowait({"type": NO_PONG_EVENT})
        self.loop.call_later(CLOSE_SECONDS, self.transport.abort)

    def handle_pong(self: Any, event: Any) -> None:
        take_pong(self, bytes(event.data))

    def data_received(self: Any, data: bytes) -> None:
        # Nearly all that comes from an idle socket. websockets takes several times as long to read it.
        content = pong_in(data)
        if content is not None and self._streamer_unread == 0 and take_pong(self, content):
            return
        if self.handshake_complete:
            self._streamer_unread += len(data)
        received(self, data)

    SocketProtocol.start_keepalive = start_keepalive
    SocketProtocol.handle_pong = handle_pong
    SocketProtocol.data_received = data_received
    SocketProtocol.streamer_ping = None
    SocketProtocol.streamer_round_trip = None
    # The bytes that have come since the end of the last whole frame.
    SocketProtocol._streamer_unread = 0


def _send_ping(socket: Any, content: bytes) -> bool:
    if socket.close_sent or socket.disconnected or socket.transport.is_closing():
        return False
    socket.transport.write(ping_frame(content))
    return True


def _name_protocol_errors() -> None:
    take, finish = SocketProtocol.data_received, SocketProtocol.send_receive_event_to_app

    def data_received(self: Any, data: bytes) -> None:
        if not self._has_failed:
            take(self, data)

    def handle_parser_exception(self: Any) -> None:
        closed = self.conn.close_sent
        self._has_failed = True
        self.close_sent = True
        code = closed.code if closed else CloseCode.ABNORMAL_CLOSURE
        self.queue.put_nowait({"type": "websocket.disconnect", "code": int(code)})
        self.transport.write(b"".join(self.conn.data_to_send()))
        # The client may still be sending. A cut before it has read the close would take that away too.
        self.close_timer = self.loop.call_later(LINGER_SECONDS, self.transport.abort)

    def send_receive_event_to_app(self: Any) -> None:
        if self.curr_msg_data_type == "text":
            self.frames = [b"".join(self.frames)]
            if not _is_utf8(self.frames[0]):
                self.frames = []
                self.conn.fail(CloseCode.INVALID_DATA, "not UTF-8")
                handle_parser_exception(self)
                return
        finish(self)

    SocketProtocol._has_failed = False
    SocketProtocol.data_received = data_received
    SocketProtocol.handle_parser_exception = handle_parser_exception
    SocketProtocol.send_receive_event_to_app = send_receive_event_to_app


def _is_utf8(data: bytes) -> bool:
    if data.isascii():
        return True
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True
