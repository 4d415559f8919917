"""Replay: sockets come back all at once, and each asks for every event of a finished request."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.load.board import Board
from benchmarks.load.drivers import StreamerDriver, open_streamer
from benchmarks.load.sockets import encode


class Follower:
    """One socket that comes back. It checks that the numbers are 1, 2, 3 … to the last."""

    def __init__(self, request_id: str) -> None:
        self._request_id = request_id
        self._done = asyncio.Event()
        self.events = 0
        self.faults: list[str] = []

    async def come_back(self, url: str, token: str, board: Board) -> float:
        """Connect, read everything, and return the seconds that took."""
        begun = time.perf_counter()
        socket = await open_streamer(url, token, self._receive, board)
        socket.send(encode({"type": "subscribe", "request_id": self._request_id, "after_seq": 0}))
        await self._done.wait()
        seconds = time.perf_counter() - begun
        await socket.close()
        return seconds

    def _receive(self, message: Mapping[str, Any]) -> None:
        if "seq" in message:
            self.events += 1
            if message["seq"] != self.events:
                self.faults.append(f"number {message['seq']} came as number {self.events}")
        elif message["type"] in ("error", "goodbye"):
            self.faults.append(f"{message}")
            self._done.set()
        if message.get("final"):
            self._done.set()


class _Makers(StreamerDriver):
    """The sockets that submit the requests. They note the server's ids."""

    def __init__(self, spec: Mapping[str, Any], board: Board) -> None:
        super().__init__(spec, board)
        self.request_ids: dict[str, str] = {}

    def _receive(self, message: dict[str, Any]) -> None:
        if message["type"] == "acknowledgment":
            self.request_ids[message["id"]] = message["request_id"]
        super()._receive(message)


async def run(spec: Mapping[str, Any], wait: Callable[[], None]) -> dict[str, Any]:
    """Have one request of each token run, then measure ``followers`` sockets that come back to them."""
    board, tokens = Board(), spec["tokens"]
    makers = _Makers({**spec, "sockets": len(tokens)}, board)
    await makers.open()
    for number in range(len(tokens)):
        makers.submit(number, f"replay-{number}", spec["payload"])
    await board.wait_for_all()
    await makers.close()
    if board.faults:
        raise RuntimeError(f"the events could not be made: {board.faults[:3]}")
    owned = [(token, makers.request_ids[f"replay-{number}"]) for number, token in enumerate(tokens)]
    wait()
    begun = time.perf_counter()
    followers = [Follower(owned[number % len(owned)][1]) for number in range(spec["followers"])]
    comings = [
        follower.come_back(spec["url"], owned[number % len(owned)][0], board)
        for number, follower in enumerate(followers)
    ]
    seconds = await asyncio.gather(*comings)
    return {
        "seconds": time.perf_counter() - begun,
        "each_seconds": seconds,
        "events": [follower.events for follower in followers],
        "faults": [*board.faults, *(fault for follower in followers for fault in follower.faults)][:20],
    }
