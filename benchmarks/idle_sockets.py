"""Measures what idle sockets cost a web process: processor time a minute, and memory for each.

Opens the sockets, ten to a user, lets them settle and then watches the process while nothing happens. Pings of the
server are answered. Reported: seconds of processor time a minute without and with the sockets, and KiB a socket.

    .venv/bin/python benchmarks/idle_sockets.py [--sockets 5000] [--seconds 60] [--server daphne]
"""

import argparse
import asyncio
import os
import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "streamer_site.settings")

import jwt
import websockets
from websockets.asyncio.client import ClientConnection

from benchmarks.systems.cost import own_cpu_seconds, own_memory_kib
from benchmarks.systems.unlimited import UNLIMITED
from streamer_site.local.stack import Stack
from streamer_site.local.web import Server

SERVERS: tuple[Server, ...] = ("daphne", "uvicorn")
SOCKETS_PER_USER = 10
_OPENING_AT_ONCE = 50
_SETTLE_SECONDS = 15.0
_HOUR = 3_600


def tokens(stack: Stack, count: int) -> list[str]:
    key = (stack.data_dir / "jwt-signing-key").read_text().strip()
    expiry = int(time.time()) + 24 * _HOUR
    claims = ({"sub": f"user-{number}", "tenant_id": "idle", "exp": expiry} for number in range(count))
    return [jwt.encode(item, key, "HS256") for item in claims]


async def open_all(stack: Stack, count: int) -> list[ClientConnection]:
    """Open the sockets, and return them once each has heard its first message."""
    users = tokens(stack, -(-count // SOCKETS_PER_USER))
    gate = asyncio.Semaphore(_OPENING_AT_ONCE)

    async def open_one(number: int) -> ClientConnection:
        subprotocols = [
            websockets.Subprotocol(name) for name in ("streamer.v1", f"bearer.{users[number % len(users)]}")
        ]
        async with gate:
            socket = await websockets.connect(
                stack.ws_url, subprotocols=subprotocols, proxy=None, ping_interval=None, compression=None
            )
            await socket.recv()
        return socket

    return list(await asyncio.gather(*(open_one(number) for number in range(count))))


async def cost_a_minute(pid: int, seconds: float) -> float:
    before, begun = own_cpu_seconds(pid), time.monotonic()
    await asyncio.sleep(seconds)
    return (own_cpu_seconds(pid) - before) * 60 / (time.monotonic() - begun)


@dataclass(frozen=True, kw_only=True)
class Cost:
    """The cost of idle sockets. Processor time is in seconds a minute."""

    cpu_without: float
    cpu_with: float
    kib_each: float
    lost: int


async def measure_cost(stack: Stack, count: int, seconds: float) -> Cost:
    """Watch the web process for ``seconds`` without sockets, and with ``count`` of them."""
    (pid,) = stack.pids("web")
    await asyncio.sleep(_SETTLE_SECONDS)
    without, memory = await cost_a_minute(pid, seconds), own_memory_kib(pid)
    sockets = await open_all(stack, count)
    await asyncio.sleep(_SETTLE_SECONDS)
    each = (own_memory_kib(pid) - memory) / count
    cost = await cost_a_minute(pid, seconds)
    lost = sum(socket.close_code is not None for socket in sockets)
    await asyncio.gather(*(socket.close() for socket in sockets), return_exceptions=True)
    return Cost(cpu_without=without, cpu_with=cost, kib_each=each, lost=lost)


def allow_files(sockets: int) -> None:
    """Raise the limit of open files, which the stack inherits. Ends the process where that is not allowed."""
    needed = sockets + 1_000
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < needed:
        raise SystemExit(f"{sockets} sockets need {needed} open files; the limit is {most}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (needed, most))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sockets", type=int, default=5_000)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--server", choices=SERVERS, default="daphne")
    options = parser.parse_args()
    allow_files(options.sockets)
    with (
        tempfile.TemporaryDirectory() as folder,
        Stack(Path(folder), workers=1, server=options.server, env=UNLIMITED) as stack,
    ):
        cost = asyncio.run(measure_cost(stack, options.sockets, options.seconds))
        print(f"{options.sockets} idle sockets at {urlsplit(stack.ws_url).netloc}, {cost.lost} lost")
    print(f"  processor seconds a minute: {cost.cpu_without:.2f} without, {cost.cpu_with:.2f} with")
    print(f"  KiB a socket: {cost.kib_each:.1f}")


if __name__ == "__main__":
    main()
