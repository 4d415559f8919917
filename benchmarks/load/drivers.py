"""One driver for each protocol: it opens sockets, sends requests, and notes what comes back on the board."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from benchmarks.load.board import Board
from benchmarks.load.messages import note_plain, note_socketio, note_streamer
from benchmarks.load.sockets import Socket, connect, decode, encode


class Driver(Protocol):
    """The part of a driver that a load uses."""

    async def open(self) -> None: ...
    def submit(self, number: int, key: str, payload: Mapping[str, Any]) -> None: ...
    async def close(self) -> None: ...


class _OverSockets:
    """The drivers with WebSockets: request ``number`` goes over one of them in turn."""

    def __init__(self, spec: Mapping[str, Any], board: Board) -> None:
        self._spec = spec
        self._board = board
        self._sockets: list[Socket] = []

    async def open(self) -> None:
        for number in range(self._spec["sockets"]):
            self._sockets.append(await self._open_one(number))

    async def _open_one(self, number: int) -> Socket:
        raise NotImplementedError

    async def close(self) -> None:
        await asyncio.gather(*(socket.close() for socket in self._sockets))

    def _socket(self, number: int) -> Socket:
        return self._sockets[number % len(self._sockets)]


class StreamerDriver(_OverSockets):
    """Our own protocol. Each socket has the next of ``tokens``."""

    async def _open_one(self, number: int) -> Socket:
        tokens: Sequence[str] = self._spec["tokens"]
        return await open_streamer(self._spec["url"], tokens[number % len(tokens)], self._receive, self._board)

    def _receive(self, message: dict[str, Any]) -> None:
        note_streamer(message, self._board)

    def submit(self, number: int, key: str, payload: Mapping[str, Any]) -> None:
        self._board.sent(key)
        request = {"type": "request", "action": self._spec["action"], "id": key, "payload": payload}
        self._socket(number).send(encode(request))


async def open_streamer(url: str, token: str, receive: Any, board: Board) -> Socket:
    """Open a socket and wait for its welcome. ``receive`` gets every later message, decoded."""
    welcomed = asyncio.get_running_loop().create_future()

    def take(text: bytes) -> None:
        message = decode(text)
        if welcomed.done():
            receive(message)
        elif message["type"] == "welcome":
            welcomed.set_result(None)
        else:
            welcomed.set_exception(RuntimeError(f"Streamer did not let us in: {message}"))

    socket = await connect(url, take, board.failed, {"Authorization": f"Bearer {token}"})
    await asyncio.wait_for(welcomed, 30)
    return socket


class PlainDriver(_OverSockets):
    """JSON over a WebSocket, as the FastAPI servers speak it."""

    async def _open_one(self, number: int) -> Socket:
        return await connect(self._spec["url"], self._receive, self._board.failed)

    def _receive(self, text: bytes) -> None:
        note_plain(decode(text), self._board)

    def submit(self, number: int, key: str, payload: Mapping[str, Any]) -> None:
        self._board.sent(key)
        self._socket(number).send(encode({"id": key, "payload": payload}))


class SocketIODriver(_OverSockets):
    """Socket.IO over a WebSocket from its first byte."""

    async def _open_one(self, number: int) -> Socket:
        joined = asyncio.get_running_loop().create_future()

        def receive(text: bytes) -> bytes | None:
            if text.startswith(b"40") and not joined.done():
                joined.set_result(None)
                return None
            return note_socketio(text, self._board, decode)

        socket = await connect(self._spec["url"], receive, self._board.failed)
        await asyncio.wait_for(joined, 30)
        return socket

    def submit(self, number: int, key: str, payload: Mapping[str, Any]) -> None:
        self._board.sent(key)
        # The number before the event asks for an acknowledgment.
        self._socket(number).send(b"42%d" % number + encode(["submit", {"id": key, "payload": payload}]))
