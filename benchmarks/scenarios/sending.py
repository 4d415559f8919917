"""Sending: a message that a process of the service sends to all sockets of a tenant, and many messages at once.

The time is that from the call to the arrival at a socket. The sockets are those of one web process.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import uvloop

from benchmarks.fan_out import RawSocket
from benchmarks.frame.bars import Bar, judge
from benchmarks.frame.bench import Bench
from benchmarks.frame.figures import median_figures, percentile
from benchmarks.handshakes import SERVERS, handshake
from benchmarks.idle_sockets import allow_files
from benchmarks.results import Row
from benchmarks.systems.folders import PROJECT
from benchmarks.systems.unlimited import UNLIMITED
from streamer_site.local.ports import HOST
from streamer_site.local.stack import Stack

SOCKETS = (100, 1_000)
_BARS = {100: Bar("last p50 ms", "<=", 50), 1_000: Bar("last p50 ms", "<=", 150)}
_USER = "watcher"
_SENDS = 20
_CONCURRENT_SENDS = 1_000
_OPENING_AT_ONCE = 20
_ANSWER_SECONDS = 30.0
_ENV = {**UNLIMITED, "STREAMER_MAX_CONNECTIONS_PER_USER": "1000000"}


class Listener:
    """One socket that notes when each message that was sent to it came."""

    def __init__(self) -> None:
        self.welcomed = asyncio.Event()
        self.seconds: list[float] = []

    def take(self, text: bytes, now: float) -> None:
        message = json.loads(text)
        if message["type"] == "welcome":
            self.welcomed.set()
        elif message["type"] == "message":
            self.seconds.append(now - message["data"]["sent_at"])


class Sender:
    """A process of the service beside the stack, that sends at each order."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def send(self, count: int = 1, user: str | None = None) -> float:
        """Send ``count`` messages to the tenant, or to one user. Return the seconds that the calls took."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"user": user, "count": count}) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self.read())
        if answer["refused"]:
            raise RuntimeError(f"{answer['refused']} of {count} messages could not be sent: Redis is away")
        return float(answer["seconds"])

    def read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


@contextmanager
def _sender(stack: Stack) -> Iterator[Sender]:
    command = [sys.executable, "-m", "benchmarks.sender"]
    with subprocess.Popen(
        command, cwd=PROJECT, env=stack.env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        sender = Sender(process)
        if sender.read().strip() != "ready":
            raise RuntimeError("The process that sends does not start")
        try:
            yield sender
        finally:
            process.kill()


def measure(bench: Bench) -> list[Row]:
    """Measure each number of sockets on each server, and many messages to one socket."""
    allow_files(max(SOCKETS))
    rows = []
    for server in SERVERS:
        found: dict[str, list[dict[str, float]]] = {}
        for _ in range(bench.rounds):
            with ExitStack() as parts:
                folder = parts.enter_context(tempfile.TemporaryDirectory())
                stack = parts.enter_context(
                    Stack(Path(folder), workers=1, server=server, env=_ENV, inherit_settings=False)
                )
                sender = parts.enter_context(_sender(stack))
                for count in SOCKETS:
                    name = f"sending to {count:,} sockets"
                    found.setdefault(name, []).append(uvloop.run(_to_all(stack, sender, count)))
                name = f"sending {_CONCURRENT_SENDS:,} messages at once"
                found.setdefault(name, []).append(uvloop.run(_many(stack, sender)))
        bars = {f"sending to {count:,} sockets": [bar] for count, bar in _BARS.items()}
        rows += [
            judge(Row(name, f"Streamer, {server}", median_figures(figures)), bars.get(name, []))
            for name, figures in found.items()
        ]
    return rows


async def _to_all(stack: Stack, sender: Sender, count: int) -> dict[str, float]:
    sockets, listeners = await _open(stack, count)
    await _send_and_wait(sender, listeners, 1)  # warms up
    for listener in listeners:
        listener.seconds.clear()
    calls = [await _send_and_wait(sender, listeners, number + 1) for number in range(_SENDS)]
    last = [max(listener.seconds[number] for listener in listeners) for number in range(_SENDS)]
    for socket in sockets:
        socket.close()
    return {
        "call p50 ms": 1000 * percentile(calls, 50),
        "last p50 ms": 1000 * percentile(last, 50),
        "last p99 ms": 1000 * percentile(last, 99),
    }


async def _send_and_wait(sender: Sender, listeners: Sequence[Listener], received: int) -> float:
    """Send one message, and wait until each of ``listeners`` has ``received`` messages in all."""
    seconds = await asyncio.to_thread(sender.send)
    await _until(lambda: all(len(listener.seconds) >= received for listener in listeners))
    return seconds


async def _many(stack: Stack, sender: Sender) -> dict[str, float]:
    sockets, (listener,) = await _open(stack, 1)
    seconds = await asyncio.to_thread(sender.send, _CONCURRENT_SENDS, _USER)
    await _until(lambda: len(listener.seconds) >= _CONCURRENT_SENDS)
    sockets[0].close()
    return {
        "messages/s": _CONCURRENT_SENDS / seconds,
        "arrival p50 ms": 1000 * percentile(listener.seconds, 50),
        "arrival p99 ms": 1000 * percentile(listener.seconds, 99),
    }


async def _open(stack: Stack, count: int) -> tuple[list[RawSocket], list[Listener]]:
    place = urlsplit(stack.ws_url)
    request = handshake(place.netloc, place.path, stack.token(_USER))
    gate = asyncio.Semaphore(_OPENING_AT_ONCE)

    async def open_one() -> tuple[RawSocket, Listener]:
        listener = Listener()
        async with gate:
            _, socket = await asyncio.get_running_loop().create_connection(
                partial(RawSocket, request, listener.take), place.hostname or HOST, place.port or 80
            )
            await asyncio.wait_for(listener.welcomed.wait(), _ANSWER_SECONDS)
        return socket, listener

    opened = await asyncio.gather(*(open_one() for _ in range(count)))
    return [socket for socket, _ in opened], [listener for _, listener in opened]


async def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _ANSWER_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise RuntimeError(f"Not all messages came within {_ANSWER_SECONDS:.0f} s")
        await asyncio.sleep(0.001)
