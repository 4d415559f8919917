"""A socket on which nothing happens for a while is still good."""

import asyncio

import pytest

from tests.acceptance.client import Client, connect
from tests.live import LiveStack

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]
# Three times as long as redis-py's own limit for a silent subscription.
SILENT_SECONDS = 15.0


async def _hears_nothing(client: Client, seconds: float) -> bool:
    """Return True if neither a message nor a close arrives within ``seconds``."""
    known = len(client.received)
    try:
        await client.closed(seconds)
    except TimeoutError:
        return len(client.received) == known
    return False


async def test_it_still_receives_live(live_stack: LiveStack, alice: str) -> None:
    """Follow a request of another server's socket, so that the silent one hears of it through Redis alone."""
    async with connect(live_stack, alice) as silent, connect(live_stack, alice, server=1) as other:
        await silent.whole_stream(await silent.submit("zoo_count", {"updates": 1}))
        assert all(await asyncio.gather(*(_hears_nothing(one, SILENT_SECONDS) for one in (silent, other))))
        request_id = await other.submit("zoo_slow", {"seconds": 2, "steps": 20})
        await silent.follow(request_id)
        stream = await silent.whole_stream(request_id)
        assert stream == await other.whole_stream(request_id)
        progress = [message for message in stream if message["type"] == "progress"]
        spread = silent.arrival(progress[-1]) - silent.arrival(progress[1])
        assert spread > 1.0, f"the messages came {spread:.1f} s apart: from the log at the end, not as they happened"
