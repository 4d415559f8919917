"""A socket on which nothing happens for a while is still good."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.acceptance.client import DEADLINE_SECONDS, Client, connect
from tests.acceptance.streams import Message
from tests.live import LiveStack

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]
# Three times as long as redis-py's own limit for a silent subscription.
SILENT_SECONDS = 15.0
# From the log, without a hint, they would come one in ten seconds: each is written when the one before has arrived.
STEPS = 10


async def _hears_nothing(client: Client, seconds: float) -> bool:
    """Return True if neither a message nor a close arrives within ``seconds``."""
    known = len(client.received)
    try:
        await client.closed(seconds)
    except TimeoutError:
        return len(client.received) == known
    return False


async def test_it_still_receives_live(live_stack: LiveStack, alice: str, tmp_path: Path) -> None:
    """Follow a request of another server's socket, so that the silent one hears of it through Redis alone."""
    async with connect(live_stack, alice) as silent, connect(live_stack, alice, server=1) as other:
        await silent.whole_stream(await silent.submit("zoo_count", {"updates": 1}))
        assert all(await asyncio.gather(*(_hears_nothing(one, SILENT_SECONDS) for one in (silent, other))))
        news = tmp_path / "news"
        request_id = await other.submit("zoo_length", {"path": str(news)})
        try:
            await silent.follow(request_id)
            await silent.event(request_id, "started")
            async with asyncio.timeout(DEADLINE_SECONDS):
                for step in range(STEPS):
                    news.write_text("x" * step)
                    await silent.find(f"step {step}", is_at(request_id, step))
        finally:
            news.write_text("x" * 100)  # or it would keep a worker from the tests that follow
        assert await silent.whole_stream(request_id) == await other.whole_stream(request_id)


def is_at(request_id: str, percentage: int) -> Callable[[Message], bool]:
    def fits(message: Message) -> bool:
        told = message.get("request_id") == request_id and message["type"] == "progress"
        return told and bool(message["percentage"] == percentage)

    return fits
