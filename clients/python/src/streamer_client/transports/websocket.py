"""The WebSocket transport."""

import json
from typing import Literal

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI
from websockets.typing import Subprotocol

from streamer_client.events import Message
from streamer_client.transports.channel import Ended, Unreachable

OPEN_TIMEOUT_SECONDS = 15.0
CLOSE_TIMEOUT_SECONDS = 2.0
MAX_MESSAGE_BYTES = 8 * 1024 * 1024
"""Twice what a message of the service may have."""
_SUBPROTOCOL = "streamer.v1"

Proxy = str | Literal[True] | None
"""The URL of a proxy; True takes it from the environment, None takes none."""


class WebSocketChannel:
    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def send(self, message: Message) -> None:
        try:
            await self._socket.send(json.dumps(message, separators=(",", ":")))
        except ConnectionClosed:
            raise Ended(self._socket.close_code) from None

    async def receive(self) -> tuple[Message, int]:
        while True:
            try:
                text = await self._socket.recv()
            except ConnectionClosed:
                raise Ended(self._socket.close_code) from None
            message = _parse(text)
            if message is not None:
                return message, len(text)

    async def close(self) -> None:
        await self._socket.close()

    def abort(self) -> None:
        self._socket.transport.abort()


def _parse(text: str | bytes) -> Message | None:
    """Return the message; None for what a later version may send."""
    try:
        message = json.loads(text)
    except ValueError:
        return None
    return message if isinstance(message, dict) else None


async def open_websocket(url: str, token: str | None, *, proxy: Proxy = True) -> WebSocketChannel:
    """Open a connection. The token travels as a subprotocol, never in the URL. Raises ``Unreachable``."""
    protocols = [Subprotocol(_SUBPROTOCOL)]
    if token:
        protocols.append(Subprotocol(f"bearer.{token}"))
    try:
        socket = await connect(
            url,
            subprotocols=protocols,
            proxy=proxy,
            open_timeout=OPEN_TIMEOUT_SECONDS,
            close_timeout=CLOSE_TIMEOUT_SECONDS,
            max_size=MAX_MESSAGE_BYTES,
            ping_interval=None,  # the protocol's own ping finds out about more
        )
    except InvalidStatus as error:
        response = error.response
        raise Unreachable(str(error), status=response.status_code, retry_after=_seconds(response.headers)) from None
    except (OSError, TimeoutError, InvalidHandshake, InvalidURI) as error:
        raise Unreachable(str(error) or type(error).__name__) from None
    return WebSocketChannel(socket)


def _seconds(headers: object) -> float | None:
    try:
        return float(headers["Retry-After"])  # type: ignore[index]
    except (KeyError, ValueError):
        return None
