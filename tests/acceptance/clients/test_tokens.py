"""Tokens that expire, or that nobody takes, in the middle of a report and before it."""

import pytest

from tests.acceptance.clients.driver import Driver
from tests.acceptance.clients.proxy import Proxy
from tests.acceptance.clients.tokens import tokens_of
from tests.live import LiveStack

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]


async def test_a_token_that_expires_is_replaced_on_the_open_connection(
    live_stack: LiveStack, driver: Driver, alice: str
) -> None:
    lives = iter([30.0])
    async with Proxy(live_stack.http_url) as proxy:
        client = driver.open(proxy.url, lambda _: live_stack.token(alice, ttl_seconds=next(lives, 3600.0)))
        await client.whole(client.submit("report", "zoo_slow", {"seconds": 1, "steps": 10}))
        assert (client.forced, proxy.opened["websocket"]) == (1, 1)


async def test_tokens_that_live_shortly_are_not_asked_for_all_the_time(
    live_stack: LiveStack, driver: Driver, alice: str
) -> None:
    # The server warns a minute before the end, which is at once.
    client = driver.open(live_stack.http_url, tokens_of(live_stack, alice, ttl_seconds=30.0))
    await client.whole(client.submit("report", "zoo_slow", {"seconds": 3, "steps": 10}))
    assert client.forced <= 3


async def test_a_provider_that_kept_its_token_for_too_long_is_asked_again(
    live_stack: LiveStack, driver: Driver, alice: str
) -> None:
    def token(force: bool) -> str:
        return live_stack.token(alice, ttl_seconds=600.0 if force else -60.0)

    client = driver.open(live_stack.http_url, token)
    await client.whole(client.submit("report", "zoo_count", {}))
    assert client.forced == 1


async def test_a_bad_token_stops_the_client(live_stack: LiveStack, driver: Driver) -> None:
    client = driver.open(live_stack.http_url, lambda _: "made.up.token")
    ending = await client.ending(client.submit("report", "zoo_count", {}))
    assert ending["error"]["kind"] == "ConnectionStopped"
