"""A client that falls behind holds up nobody, costs a bounded amount, and gets all of it in the end."""

import pytest

from tests.acceptance.client import Client, connect
from tests.live import LiveStack

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]
PARTIALS = 3_000
CREDIT_EVENTS = 256


async def switch_on(client: Client) -> None:
    """Send the first ``received`` of the connection."""
    request_id = await client.submit("echo_async", {"message": "hi"})
    stream = await client.whole_stream(request_id)
    await client.say("received", request_id=request_id, seq=len(stream))


async def test_one_that_acknowledges_nothing_is_waited_for_and_no_other(live_stack: LiveStack, alice: str) -> None:
    async with connect(live_stack, alice) as slow, connect(live_stack, alice) as other:
        await switch_on(slow)
        request_id = await slow.submit("zoo_partials", {"count": PARTIALS})
        await other.follow(request_id)
        whole = await other.whole_stream(request_id, seconds=60)
        assert len(whole) == PARTIALS + 2
        await slow.until(lambda: len(slow.stream(request_id)) >= CREDIT_EVENTS, "a window full")
        await slow.ping()
        assert slow.stream(request_id) == whole[:CREDIT_EVENTS]
        while len(slow.stream(request_id)) < len(whole):
            seen = len(slow.stream(request_id))
            await slow.say("received", request_id=request_id, seq=seen)
            await slow.until(lambda seen=seen: len(slow.stream(request_id)) > seen, "more of it")
        assert await slow.whole_stream(request_id) == whole


async def test_one_that_comes_late_is_sent_no_more_than_it_takes(live_stack: LiveStack, alice: str) -> None:
    async with connect(live_stack, alice) as owner:
        request_id = await owner.submit("zoo_partials", {"count": PARTIALS})
        whole = await owner.whole_stream(request_id, seconds=60)
    async with connect(live_stack, alice, server=1) as slow:
        await switch_on(slow)
        await slow.follow(request_id)
        await slow.until(lambda: len(slow.stream(request_id)) == CREDIT_EVENTS, "a window full")
        await slow.ping()
        assert slow.stream(request_id) == whole[:CREDIT_EVENTS]
        await slow.say("received", request_id=request_id, seq=CREDIT_EVENTS)
        await slow.until(lambda: len(slow.stream(request_id)) == 2 * CREDIT_EVENTS, "another")
        await slow.ping()
        assert slow.stream(request_id) == whole[: 2 * CREDIT_EVENTS]
