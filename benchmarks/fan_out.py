"""Measures how one request's progress reaches many sockets, and what each message costs the web process.

One request reports every 5 ms, coalesced as usual, and 1, 100 and 1,000 sockets of its user follow it. Reported: the
time from the event's own time, before it is stored, to its arrival, and processor time of the web process for each
message that arrived.

    .venv/bin/python benchmarks/fan_out.py [--sockets 1 100 1000] [--server daphne]
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "streamer_site.settings")

import uvloop

from benchmarks.bare_server import Name
from benchmarks.handshakes import SERVERS, handshake
from benchmarks.results import Row
from benchmarks.systems.cost import own_cpu_seconds
from benchmarks.systems.unlimited import UNLIMITED
from streamer_site.local.ports import HOST
from streamer_site.local.stack import Stack

SOCKETS = (1, 100, 1_000)
REPORT_SECONDS = 0.005
_WATCHED_SECONDS = 5.0
_ENV = {**UNLIMITED, "STREAMER_MAX_CONNECTIONS_PER_USER": "1000000"}
_OPENING_AT_ONCE = 20
_ANSWER_SECONDS = 60.0
_MASK = b"\x00\x00\x00\x00"


class RawSocket(asyncio.Protocol):
    """A client that takes frames apart and no more. ``take`` gets each text with the time at which it came."""

    def __init__(self, request: bytes, take: Callable[[bytes, float], None]) -> None:
        self._request = request
        self._take = take
        self._buffer = b""
        self._is_open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        now = time.time()
        self._buffer += data
        if not self._is_open:
            _, end, self._buffer = self._buffer.partition(b"\r\n\r\n")
            self._is_open = bool(end)
        while (size := _frame_size(self._buffer)) is not None:
            start, end_of_frame = size
            opcode, text = self._buffer[0] & 15, self._buffer[start:end_of_frame]
            self._buffer = self._buffer[end_of_frame:]
            if opcode == 1:
                self._take(text, now)

    def say(self, **fields: Any) -> None:
        text = json.dumps(fields).encode()
        size = bytes([0x80 | len(text)]) if len(text) < 126 else b"\xfe" + len(text).to_bytes(2, "big")
        self._transport.write(b"\x81" + size + _MASK + text)

    def close(self) -> None:
        self._transport.close()


def _frame_size(data: bytes) -> tuple[int, int] | None:
    """Return the place at which the text of the first frame begins and ends, if all of it is there."""
    if len(data) < 2:
        return None
    start, length = 2, data[1]
    if length >= 126:
        start = 4 if length == 126 else 10
        if len(data) < start:
            return None
        length = int.from_bytes(data[2:start], "big")
    return (start, start + length) if len(data) >= start + length else None


class Follower:
    """One socket that follows the request, and the seconds that each message took."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.is_watched = False
        self.welcomed, self.subscribed, self.ended = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.request_id = ""

    def take(self, text: bytes, now: float) -> None:
        message = json.loads(text)
        kind = message["type"]
        if kind == "welcome":
            self.welcomed.set()
        elif kind in ("subscribed", "acknowledgment"):
            self.request_id = message.get("request_id", "")
            self.subscribed.set()
        elif kind == "progress" and self.is_watched:
            self.seconds.append(now - message["timestamp"])
        elif message.get("final") or kind == "error":
            self.ended.set()


async def follow(url: str, token: str, count: int, pid: int) -> tuple[list[float], float]:
    """Have ``count`` sockets follow one request. Return the seconds of all messages, and the processor time of each."""
    place = urlsplit(url)
    request = handshake(place.netloc, place.path, token)
    gate = asyncio.Semaphore(_OPENING_AT_ONCE)

    async def open_one() -> tuple[RawSocket, Follower]:
        async with gate:
            follower = Follower()
            _, socket = await asyncio.get_running_loop().create_connection(
                partial(RawSocket, request, follower.take), place.hostname or HOST, place.port or 80
            )
            await asyncio.wait_for(follower.welcomed.wait(), _ANSWER_SECONDS)
            return socket, follower

    opened = await asyncio.gather(*(open_one() for _ in range(count)))
    followers = [follower for _, follower in opened]
    seconds = _WATCHED_SECONDS + count / 50
    submitter, first = opened[0]
    submitter.say(action="delay", payload={"seconds": seconds, "steps": int(seconds / REPORT_SECONDS)})
    await asyncio.wait_for(first.subscribed.wait(), _ANSWER_SECONDS)
    for socket, follower in opened[1:]:
        socket.say(type="subscribe", request_id=first.request_id)
        await asyncio.wait_for(follower.subscribed.wait(), _ANSWER_SECONDS)
    before = own_cpu_seconds(pid)
    for follower in followers:
        follower.is_watched = True
    await asyncio.gather(*(asyncio.wait_for(one.ended.wait(), seconds + _ANSWER_SECONDS) for one in followers))
    cost = own_cpu_seconds(pid) - before
    for socket, _ in opened:
        socket.close()
    taken = [seconds for follower in followers for seconds in follower.seconds]
    return taken, cost / max(1, len(taken))


def measure(servers: Sequence[Name] = SERVERS, sockets: Sequence[int] = SOCKETS) -> list[Row]:
    """Measure each number of sockets on each of ``servers``."""
    rows = []
    for server in servers:
        with (
            tempfile.TemporaryDirectory() as folder,
            Stack(Path(folder), workers=1, server=server, env=_ENV, inherit_settings=False) as stack,
        ):
            token, pid = stack.token("watcher"), stack.pids("web")[0]
            uvloop.run(follow(stack.ws_url, token, 1, pid))  # warms up
            for count in sockets:
                taken, cost = uvloop.run(follow(stack.ws_url, token, count, pid))
                cuts = statistics.quantiles(taken, n=100)
                figures = {
                    "messages": float(len(taken)),
                    "emit to received p50 ms": 1000 * cuts[49],
                    "emit to received p99 ms": 1000 * cuts[98],
                    "CPU ms a message": 1000 * cost,
                }
                rows.append(Row(f"fan-out to {count}", f"Streamer, {server}", figures))
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sockets", type=int, nargs="+", default=SOCKETS)
    parser.add_argument("--server", choices=SERVERS, help="one server instead of both")
    options = parser.parse_args()
    for row in measure((options.server,) if options.server else SERVERS, options.sockets):
        print(
            f"{row.scenario:18} {row.system:18}",
            "  ".join(f"{name} {value:.3f}" for name, value in row.figures.items()),
        )


if __name__ == "__main__":
    main()
