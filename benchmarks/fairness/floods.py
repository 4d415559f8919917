"""The floods of one tenant, each from a process of its own, until that is ended.

Every flood keeps below what closes its connections, and goes on after each refusal.
"""

import asyncio
import json
import multiprocessing
import os
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.sharedctypes import Synchronized
from typing import Any

import httpx
import websockets

from benchmarks.fairness.clients import hear, open_socket

_ADDRESS = "127.0.0.2"
_SOCKETS_PER_USER = 5
# Below the hundred messages a second of a connection. Many at once cost the flood itself less.
_PINGS_AT_ONCE, _PINGS_PER_SECOND = 30, 90
_BATCH = 90
_UPLOADS_AT_ONCE = 3
_CSV = b"region,amount\nnorth,1\nsouth,2\n"
_LOST = (OSError, websockets.WebSocketException, httpx.HTTPError, TimeoutError)
# Bursts that are allowed are used up by then, where the machine can do so much.
_WARM_UP_SECONDS = 15.0
Count = Callable[[], None]


@dataclass(frozen=True, kw_only=True)
class Target:
    """The web processes of a stack, and the users of the tenant that floods them. Plain data, for another process."""

    ws_urls: Sequence[str]
    http_urls: Sequence[str]
    tokens: Sequence[str]

    def clients(self, each: int) -> Iterator[tuple[int, str]]:
        """Yield the number of a web process and a token, ``each`` times for every user, in turns."""
        for number in range(each):
            for user, token in enumerate(self.tokens):
                yield (number + user) % len(self.ws_urls), token


async def _connect(target: Target, count: Count, where: int, token: str) -> None:
    async with open_socket(target.ws_urls[where], token, _ADDRESS) as socket:
        if (await hear(socket))["type"] != "welcome":
            count()


async def _send(
    target: Target, count: Count, where: int, token: str, messages: Sequence[Mapping[str, Any]], pause: float
) -> None:
    """Send ``messages`` again and again, and count the refusals."""
    async with open_socket(target.ws_urls[where], token, _ADDRESS) as socket:
        texts = list(map(json.dumps, messages))

        async def listen() -> None:
            async for answer in socket:
                if '"RATE_LIMITED"' in str(answer):
                    count()

        listening = asyncio.create_task(listen())
        try:
            while not listening.done():
                for text in texts:
                    await socket.send(text)
                await asyncio.sleep(pause)
        finally:
            listening.cancel()


async def _message(target: Target, count: Count, where: int, token: str) -> None:
    await _send(target, count, where, token, [{"type": "ping"}] * _PINGS_AT_ONCE, _PINGS_AT_ONCE / _PINGS_PER_SECOND)


async def _submit(target: Target, count: Count, where: int, token: str) -> None:
    item = {"action": "bench_work", "payload": {"steps": 1, "seconds": 0}}
    await _send(target, count, where, token, [{"type": "requests", "requests": [item] * _BATCH}], 1.0)


async def _upload(target: Target, count: Count, where: int, token: str) -> None:
    transport = httpx.AsyncHTTPTransport(local_address=_ADDRESS)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=target.http_urls[where], transport=transport, timeout=30) as http:
        while True:
            answer = await http.post("/api/datasets/", headers=headers, files={"file": ("flood.csv", _CSV)})
            if answer.status_code == 429:
                count()


_FLOODS: Mapping[str, tuple[Callable[[Target, Count, int, str], Awaitable[None]], int]] = {
    "connects": (_connect, _SOCKETS_PER_USER),
    "messages": (_message, _SOCKETS_PER_USER),
    "submits": (_submit, _SOCKETS_PER_USER),
    "uploads": (_upload, _UPLOADS_AT_ONCE),
}
KINDS = tuple(_FLOODS)


def _flood(kind: str, target: Target, refused: "Synchronized[int]") -> None:
    client, each = _FLOODS[kind]
    threading.Thread(target=_end_with_parent, daemon=True).start()

    def count() -> None:
        with refused.get_lock():
            refused.value += 1

    async def go_on(where: int, token: str) -> None:
        while True:
            with suppress(*_LOST):
                await client(target, count, where, token)

    async def run() -> None:
        await asyncio.gather(*(go_on(where, token) for where, token in target.clients(each)))

    asyncio.run(run())


def _end_with_parent() -> None:
    """End the process when whoever measures has ended, be it by a kill."""
    if (parent := multiprocessing.parent_process()) is not None:
        parent.join()
        os._exit(1)


@contextmanager
def flooding(kind: str, target: Target) -> "Iterator[Synchronized[int]]":
    """Flood during the block, which gets the number of refusals as it grows. It begins with the first one."""
    context = multiprocessing.get_context("spawn")
    refused = context.Value("q", 0)
    process = context.Process(target=_flood, args=(kind, target, refused), daemon=True)
    process.start()
    try:
        deadline = time.monotonic() + _WARM_UP_SECONDS
        while not refused.value and time.monotonic() < deadline:
            process.join(0.1)
        yield refused
    finally:
        process.kill()
        process.join()
