"""WebSockets over picows, one message at a time."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

decode = msgspec.json.decode
encode = msgspec.json.encode

Receive = Callable[[bytes], bytes | None]


class Listener(WSListener):
    """Hands each message to ``receive`` and sends what it returns. Joins messages that come in several frames."""

    def __init__(self, receive: Receive, lost: Callable[[str], None]) -> None:
        self._receive = receive
        self._lost = lost
        self._parts: list[bytes] = []
        self.closing = False

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type in (WSMsgType.TEXT, WSMsgType.CONTINUATION):
            self._parts.append(frame.get_payload_as_bytes())
            if frame.fin:
                text, self._parts = b"".join(self._parts), []
                if (answer := self._receive(text)) is not None:
                    transport.send(WSMsgType.TEXT, answer)
        elif frame.msg_type == WSMsgType.CLOSE:
            self._tell(f"closed with {frame.get_close_code()}")
            transport.disconnect()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._tell("disconnected")

    def _tell(self, how: str) -> None:
        if not self.closing:
            self.closing = True
            self._lost(f"the server {how} a socket")


class Socket:
    """One open WebSocket."""

    def __init__(self, transport: WSTransport, listener: Listener) -> None:
        self._transport = transport
        self._listener = listener

    def send(self, text: bytes) -> None:
        self._transport.send(WSMsgType.TEXT, text)

    async def close(self) -> None:
        self._listener.closing = True
        self._transport.send_close()
        self._transport.disconnect()
        await self._transport.wait_disconnected()


async def connect(
    url: str,
    receive: Receive,
    lost: Callable[[str], None],
    headers: Mapping[str, str] | None = None,
) -> Socket:
    """Open a socket. ``receive`` gets every text and may answer; ``lost`` gets why the server ended the socket."""
    options: dict[str, Any] = {"extra_headers": dict(headers)} if headers else {}
    transport, listener = await ws_connect(
        lambda: Listener(receive, lost), url, websocket_handshake_timeout=30, max_frame_size=64 * 1024 * 1024, **options
    )
    assert isinstance(listener, Listener)
    return Socket(transport, listener)
