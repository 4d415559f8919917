"""Proxies that are in the way: they refuse WebSockets, hold back streams, never answer, or are slow."""

import asyncio
from collections.abc import Sequence

import pytest

from tests.acceptance.clients.driver import Driver
from tests.acceptance.clients.proxy import Proxy, Treatment, always, first
from tests.acceptance.clients.tokens import tokens_of
from tests.live import LiveStack

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]
REPORT = ("zoo_slow", {"seconds": 1, "steps": 10})


@pytest.mark.parametrize("status", [400, 502])
async def test_one_that_refuses_websockets(live_stack: LiveStack, driver: Driver, alice: str, status: int) -> None:
    async with Proxy(live_stack.http_url, always(Treatment(upgrade_status=status))) as proxy:
        client = driver.open(proxy.url, tokens_of(live_stack, alice))
        sight = client.submit("report", *REPORT)
        assert (await client.whole(sight))[-1]["type"] == "complete"
        assert proxy.opened["stream"] >= 1
        assert await client.ending(client.run("inline", "echo", {"message": "hi"})) == {"result": {"message": "hi"}}


async def test_one_that_cuts_websockets_before_their_welcome(live_stack: LiveStack, driver: Driver, alice: str) -> None:
    async with Proxy(live_stack.http_url, always(Treatment(cut_after_frames=0))) as proxy:
        client = driver.open(proxy.url, tokens_of(live_stack, alice))
        assert (await client.whole(client.submit("report", *REPORT)))[-1]["type"] == "complete"
        assert proxy.opened["stream"] >= 1


async def test_one_that_holds_streams_back_until_they_end(live_stack: LiveStack, driver: Driver, alice: str) -> None:
    async with Proxy(live_stack.http_url, always(Treatment(upgrade_status=502, holds_streams=True))) as proxy:
        client = driver.open(proxy.url, tokens_of(live_stack, alice))
        assert (await client.whole(client.submit("report", *REPORT)))[-1]["type"] == "complete"


async def test_one_that_ends_streams_leaves_long_polls(live_stack: LiveStack, driver: Driver, alice: str) -> None:
    async with Proxy(live_stack.http_url, always(Treatment(upgrade_status=502, cuts_streams=True))) as proxy:
        client = driver.open(proxy.url, tokens_of(live_stack, alice))
        assert (await client.whole(client.submit("report", *REPORT)))[-1]["type"] == "complete"
        assert proxy.opened["http"] > proxy.opened["stream"]


async def test_one_that_is_slow(live_stack: LiveStack, driver: Driver, alice: str) -> None:
    async with Proxy(live_stack.http_url, always(Treatment(delay_seconds=0.1))) as proxy:
        client = driver.open(proxy.url, tokens_of(live_stack, alice))
        assert (await client.whole(client.submit("report", *REPORT)))[-1]["type"] == "complete"


async def test_one_that_takes_a_connection_and_never_answers(
    live_stack: LiveStack, both: Sequence[Driver], alice: str
) -> None:
    async def report(driver: Driver) -> None:
        async with Proxy(live_stack.http_url, first(Treatment(stalls=True))) as proxy:
            client = driver.open(proxy.url, tokens_of(live_stack, alice))
            assert (await client.whole(client.submit("report", *REPORT)))[-1]["type"] == "complete"
            assert proxy.opened["websocket"] == 2

    await asyncio.gather(*map(report, both))
