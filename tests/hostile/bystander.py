"""A well-behaved client beside an attack, which measures how long its echoes take."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

from tests.acceptance.client import Client, connect
from tests.hostile.memory import memory_bytes
from tests.live import LiveStack
from tests.local.waiting import eventually

_PAUSE_SECONDS = 0.02
# Below this a ratio of two times says nothing about the server, only about the machine.
_LEAST_SECONDS = 0.1
_MEMORY_SECONDS = 30.0


@dataclass
class EchoTimes:
    seconds: list[float] = field(default_factory=list)

    def percentile(self, share: float) -> float:
        """Return the time, in seconds, that ``share`` of the echoes took at most."""
        ranked = sorted(self.seconds)
        return ranked[min(len(ranked) - 1, int(share * len(ranked)))]


async def usual_times(client: Client, count: int = 60) -> EchoTimes:
    """Measure ``count`` echoes while nothing else happens."""
    times = EchoTimes()
    for _ in range(count):
        await _measure(client, times)
    return times


@asynccontextmanager
async def bystander(
    live: LiveStack, user: str, *, server: int = 0, spared: int = 1
) -> AsyncIterator[tuple[EchoTimes, EchoTimes]]:
    """Measure echoes before the block, then all through it. Yield both collections of times.

    ``spared`` is a web process that is not attacked. Its echoes through the block are usual ones too: what slows them
    is the machine, or this process, and not the attack on ``server``. An echo that is under way when the block ends
    counts too, however late it comes.
    """
    async with AsyncExitStack() as clients:
        client = await clients.enter_async_context(connect(live, user, server=server))
        usual = await usual_times(client)
        during = EchoTimes()
        stop = asyncio.Event()
        echoing = [asyncio.create_task(_echo_on(client, during, stop))]
        other = await clients.enter_async_context(connect(live, user, server=spared))
        echoing.append(asyncio.create_task(_echo_on(other, usual, stop)))
        try:
            yield usual, during
        finally:
            stop.set()
            ended = await asyncio.gather(*echoing, return_exceptions=True)
        assert client.close_code is None, "the bystander was closed"
        assert ended == [None, None], ended


def assert_undisturbed(usual: EchoTimes, during: EchoTimes, *, times: float = 3) -> None:
    """Fail if the 99th percentile during the attack exceeds ``times`` its usual, or 100 ms where that is more."""
    allowed = max(times * usual.percentile(0.99), _LEAST_SECONDS)
    assert during.seconds, "no echo came back at all"
    assert during.percentile(0.99) <= allowed, (
        f"p99 {1000 * during.percentile(0.99):.0f} ms of {len(during.seconds)}, "
        f"usually {1000 * usual.percentile(0.99):.0f} ms"
    )


@asynccontextmanager
async def harmless(live: LiveStack, user: str) -> AsyncIterator[None]:
    """Fail if the block disturbs a bystander, or if the attacked process then keeps more than 20 % more memory."""
    (pid,) = live.stack.pids("web-1")
    before = memory_bytes(pid)
    async with bystander(live, user) as (usual, during):
        yield
    assert_undisturbed(usual, during)
    await asyncio.to_thread(
        eventually, lambda: memory_bytes(pid) <= 1.2 * before, "the memory comes back", seconds=_MEMORY_SECONDS
    )


async def _echo_on(client: Client, times: EchoTimes, stop: asyncio.Event) -> None:
    while not stop.is_set():
        await _measure(client, times)
        await asyncio.sleep(_PAUSE_SECONDS)


async def _measure(client: Client, times: EchoTimes) -> None:
    begun = time.monotonic()
    response = await client.request("echo", {"message": "still there"})
    assert response["type"] == "response", response
    times.seconds.append(time.monotonic() - begun)
