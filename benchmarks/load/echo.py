"""Echo: texts there and back, a number of them in flight on each socket."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.load.board import Board
from benchmarks.load.drivers import open_streamer
from benchmarks.load.sockets import Socket, connect, decode, encode


class Echo:
    """One socket that keeps ``window`` texts in flight until ``stop``."""

    def __init__(self, window: int) -> None:
        self._window = window
        self._sent: dict[str, float] = {}
        self._next = 0
        self._idle = asyncio.Event()
        self._stopped = False
        self._socket: Socket | None = None
        self.milliseconds: list[float] = []

    def use(self, socket: Socket) -> None:
        self._socket = socket

    def start(self) -> None:
        for _ in range(self._window):
            self._send()

    async def stop(self) -> None:
        self._stopped = True
        await self._idle.wait()

    def receive(self, message: Mapping[str, Any]) -> None:
        if "id" not in message or message["type"] == "error":
            raise RuntimeError(f"This is no echo: {message}")
        self.milliseconds.append(1000 * (time.perf_counter() - self._sent.pop(message["id"])))
        if not self._stopped:
            self._send()
        elif not self._sent:
            self._idle.set()

    def _send(self) -> None:
        assert self._socket is not None
        self._next += 1
        key = str(self._next)
        self._sent[key] = time.perf_counter()
        self._socket.send(encode({"type": "request", "action": "echo", "id": key, "payload": {"message": "hello"}}))


async def run(spec: Mapping[str, Any], wait: Callable[[], None]) -> dict[str, Any]:
    """Measure the messages a second through all sockets, and the time of each there and back."""
    board = Board()
    echoes = [await _open(spec, number, spec["window"], board) for number in range(spec["sockets"])]
    wait()
    begun = time.perf_counter()
    for echo in echoes:
        echo.start()
    await asyncio.sleep(spec["seconds"])
    count, seconds = sum(len(echo.milliseconds) for echo in echoes), time.perf_counter() - begun
    await asyncio.gather(*(echo.stop() for echo in echoes))
    return {
        "per_second": count / seconds,
        "milliseconds": [value for echo in echoes for value in echo.milliseconds],
        "faults": board.faults,
    }


async def _open(spec: Mapping[str, Any], number: int, window: int, board: Board) -> Echo:
    echo = Echo(window)
    if spec["tokens"]:
        token = spec["tokens"][number % len(spec["tokens"])]
        echo.use(await open_streamer(spec["url"], token, echo.receive, board))
    else:
        echo.use(await connect(spec["url"], lambda text: echo.receive(decode(text)), board.failed))
    return echo
