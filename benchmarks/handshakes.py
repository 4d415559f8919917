"""Measures what it costs a web process to open and close sockets, beside an application that does nothing.

Clients open a socket, wait for the first message, close it and begin again, eight at a time. The bare application
accepts and says nothing. Rounds of all systems take turns. Reported: handshakes a second, processor time of the web
process for each, rows included, percentiles of the time to the first message, and the share of the bare server's speed.

    .venv/bin/python benchmarks/handshakes.py [--handshakes 1000] [--rounds 3] [--server daphne]
"""

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "streamer_site.settings")

import jwt
import uvloop

from benchmarks.bare_server import Name, serving
from benchmarks.results import Row
from benchmarks.systems.cost import own_cpu_seconds
from benchmarks.systems.unlimited import UNLIMITED
from streamer_site.local.ports import HOST
from streamer_site.local.stack import Stack

SERVERS: tuple[Name, ...] = ("daphne", "uvicorn")
SHARE = 0.6
AT_ONCE = 8
# Each connects far less often than a user may, but all of them come from one address.
_USERS = 1_000
# Rows of connections are written once a second.
_SETTLE_SECONDS = 2.5
_CLOSE = b"\x88\x82\x00\x00\x00\x00\x03\xe8"
_HOUR = 3_600


@dataclass
class Target:
    """One server. ``tokens`` are those of its users; without, it is bare and greets nobody."""

    name: str
    url: str
    pid: int
    tokens: Sequence[str] = ()
    milliseconds: list[float] = field(default_factory=list)
    per_second: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)


class Opening(asyncio.Protocol):
    """One client: it sends the handshake, waits for the answer, and for a greeting where there is one, and closes."""

    def __init__(self, request: bytes, greets: bool) -> None:
        loop = asyncio.get_running_loop()
        self.opened: asyncio.Future[None] = loop.create_future()
        self.closed: asyncio.Future[None] = loop.create_future()
        self._request = request
        self._greets = greets
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        if self.opened.done():
            return
        self._received += data
        head, end, rest = self._received.partition(b"\r\n\r\n")
        if not end or (self._greets and not _is_whole(rest)):
            return
        if not head.startswith(b"HTTP/1.1 101") or (self._greets and b'"welcome"' not in rest):
            self.opened.set_exception(RuntimeError(f"refused: {self._received[:300]!r}"))
        else:
            self.opened.set_result(None)
        self._transport.write(_CLOSE)

    def connection_lost(self, error: Exception | None) -> None:
        if not self.opened.done():
            self.opened.set_exception(RuntimeError(f"cut off: {error}, {self._received[:300]!r}"))
        if not self.closed.done():
            self.closed.set_result(None)


def _is_whole(frame: bytes) -> bool:
    """Tell whether a text frame of up to 64 KiB is there as a whole."""
    if len(frame) < 4:
        return False
    return len(frame) >= (4 + int.from_bytes(frame[2:4], "big") if frame[1] == 126 else 2 + frame[1])


async def load(target: Target, count: int) -> None:
    """Open and close ``count`` sockets, and note the figures of this round."""
    numbers = iter(range(count))
    url = urlsplit(target.url)
    before, begun = own_cpu_seconds(target.pid), time.monotonic()

    async def client() -> None:
        for number in numbers:
            token = target.tokens[number % len(target.tokens)] if target.tokens else "none"
            request = handshake(url.netloc, url.path, token)
            started = time.monotonic()
            _, opening = await asyncio.get_running_loop().create_connection(
                partial(Opening, request, bool(target.tokens)), url.hostname or HOST, url.port or 80
            )
            await opening.opened
            target.milliseconds.append(1000 * (time.monotonic() - started))
            await opening.closed

    await asyncio.gather(*(client() for _ in range(AT_ONCE)))
    target.per_second.append(count / (time.monotonic() - begun))
    await asyncio.sleep(_SETTLE_SECONDS)
    target.cpu_ms.append(1000 * (own_cpu_seconds(target.pid) - before) / count)


def handshake(host: str, path: str, token: str) -> bytes:
    """Return the head of the request that opens a socket."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Protocol: streamer.v1, bearer.{token}\r\nUser-Agent: benchmark\r\n\r\n"
    ).encode()


def _tokens(stack: Stack) -> list[str]:
    key = (stack.data_dir / "jwt-signing-key").read_text().strip()
    expiry = int(time.time()) + _HOUR
    return [
        jwt.encode({"sub": f"user-{number}", "tenant_id": "handshakes", "exp": expiry}, key, "HS256")
        for number in range(_USERS)
    ]


def measure(servers: Sequence[Name] = SERVERS, *, handshakes: int = 1_000, rounds: int = 3) -> list[Row]:
    """Measure Streamer beside the bare application on each of ``servers``."""
    with ExitStack() as running:
        pairs = []
        for server in servers:
            folder = Path(running.enter_context(tempfile.TemporaryDirectory()))
            stack = running.enter_context(
                Stack(folder, workers=1, server=server, env=UNLIMITED, inherit_settings=False)
            )
            bare_url, bare_pid = running.enter_context(serving(server))
            ours = Target(f"Streamer, {server}", stack.ws_url, stack.pids("web")[0], _tokens(stack))
            pairs.append((Target(f"bare {server}", bare_url, bare_pid), ours))
        for number in range(rounds + 1):
            for target in (target for pair in pairs for target in pair):
                uvloop.run(load(target, handshakes))
                if not number:  # the first round warms up
                    target.milliseconds, target.per_second, target.cpu_ms = [], [], []
    return [row for bare, ours in pairs for row in (_row(bare, None), _row(ours, bare))]


def _row(target: Target, bare: Target | None) -> Row:
    cuts = statistics.quantiles(target.milliseconds, n=100)
    figures = {
        "handshakes/s": statistics.median(target.per_second),
        "p50 ms": cuts[49],
        "p99 ms": cuts[98],
        "CPU ms": statistics.median(target.cpu_ms),
    }
    if bare is None:
        return Row("handshakes", target.name, figures)
    share = statistics.median(target.per_second) / statistics.median(bare.per_second)
    return Row(
        "handshakes",
        target.name,
        {**figures, "x bare": share, "CPU x bare": figures["CPU ms"] / statistics.median(bare.cpu_ms)},
        bar=f">= {SHARE} x bare",
        below=share < SHARE,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--handshakes", type=int, default=1_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--server", choices=SERVERS, help="one server instead of both")
    options = parser.parse_args()
    servers = (options.server,) if options.server else SERVERS
    for row in measure(servers, handshakes=options.handshakes, rounds=options.rounds):
        figures = "  ".join(f"{name} {value:.2f}" for name, value in row.figures.items())
        print(f"{row.system:18} {figures}{'  below ' + row.bar if row.below and row.bar else ''}")


if __name__ == "__main__":
    main()
