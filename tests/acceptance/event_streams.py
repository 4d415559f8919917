"""A client of server-sent events over the network, which reads no further than it is told to."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx

from tests.local.waiting import DEADLINE_SECONDS
from tests.realtime.server_sent import Event, Reader


class EventStream:
    """One open stream. ``read`` takes the next block; ``reader`` has all of them."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.reader = Reader()
        self._pieces = response.aiter_raw()
        self._unread: list[Event] = []

    async def read(self, seconds: float = DEADLINE_SECONDS) -> Event | None:
        """Return the next block; None at the end of the stream."""
        async with asyncio.timeout(seconds):
            while not self._unread:
                try:
                    self._unread += self.reader.feed(await anext(self._pieces))
                except StopAsyncIteration:
                    return None
        return self._unread.pop(0)

    async def read_all(self, seconds: float = DEADLINE_SECONDS) -> list[Event]:
        """Read up to the end, and return all blocks of the stream."""
        while await self.read(seconds) is not None:
            pass
        return self.reader.events


@asynccontextmanager
async def follow(
    url: str, path: str, token: str, headers: Mapping[str, str] | None = None
) -> AsyncIterator[EventStream]:
    """Open a stream. The connection is cut at the end of the block."""
    own = {"Accept": "text/event-stream", "Authorization": f"Bearer {token}", **(headers or {})}
    async with (
        httpx.AsyncClient(base_url=url, trust_env=False, timeout=DEADLINE_SECONDS) as http,
        http.stream("GET", path, headers=own) as response,
    ):
        yield EventStream(response)
