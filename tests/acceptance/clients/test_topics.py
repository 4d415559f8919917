"""Topics in the Python client: each number comes once and in order, whatever is cut; and who is there is told."""

import asyncio
import itertools
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from typing import TypeVar

import pytest

from streamer_client import (
    Client,
    NotFound,
    RateLimited,
    TopicEvent,
    TopicMessage,
    TopicPresence,
    TopicSubscribed,
)
from streamer_client.core import reconnect
from streamer_client.transports.dialer import Transport
from streamer_client.transports.http import follower
from tests.acceptance.clients.proxy import Proxy, Treatment
from tests.acceptance.clients.proxy.treatment import PASS, Head, Plan
from tests.live import LiveStack

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(180)]
CUTS = 20
E = TypeVar("E", bound=TopicEvent)
TRANSPORTS: tuple[Transport, ...] = ("websocket", "stream", "poll")


def cut_sockets(number: int, head: Head) -> Treatment:
    """Cut each after its welcome, the answer to its subscription, and a message."""
    return Treatment(cut_after_frames=3) if head.is_websocket and number < CUTS else PASS


def cut_streams() -> Plan:
    """Cut each stream in the midst of an event."""
    streams = itertools.count()
    return lambda _, head: Treatment(cut_after_bytes=500) if head.wants_stream and next(streams) < CUTS else PASS


def cut_polls() -> Plan:
    """Cut three of four polls in the midst of their answer."""
    polls = itertools.count()

    def choose(_number: int, head: Head) -> Treatment:
        is_poll = head.path.startswith("/api/topics/")
        return Treatment(cut_after_bytes=100) if is_poll and next(polls) % 4 > 0 else PASS

    return choose


PLANS: Mapping[Transport, Callable[[], Plan]] = {
    "websocket": lambda: cut_sockets,
    "stream": cut_streams,
    "poll": cut_polls,
}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make the pauses after cuts short."""
    monkeypatch.setattr(reconnect, "BASE_SECONDS", 0.02)
    monkeypatch.setattr(follower, "BETWEEN_POLLS_SECONDS", 0.0)


def topic(kind: str, tenant: str = "acme") -> str:
    return f"tenant.{tenant}.{kind}.{uuid.uuid4().hex}"


@asynccontextmanager
async def opened(live: LiveStack, user: str, transport: Transport, url: str | None = None) -> AsyncIterator[Client]:
    async with Client(url or live.http_url, token=live.token(user), transport=transport, proxy=None) as client:
        yield client


async def publish(client: Client, name: str, number: int) -> None:
    """Publish a number, which is that of the message."""
    while True:
        try:
            assert await client.publish(name, {"number": number}) == number
            return
        except RateLimited as error:
            await asyncio.sleep(error.retry_after or 1.0)


async def the_next(events: AsyncGenerator[TopicEvent, None], kind: type[E]) -> E:
    async for event in events:
        if isinstance(event, kind):
            return event
    raise AssertionError("the topic has ended")


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_each_number_comes_once_and_in_order_however_often_it_is_cut(
    live_stack: LiveStack, alice: str, bob: str, transport: Transport
) -> None:
    name, numbers = topic("feeds"), itertools.count(1)
    taken: list[TopicMessage] = []
    async with (
        Proxy(live_stack.http_url, PLANS[transport]()) as proxy,
        opened(live_stack, alice, transport) as sender,
        opened(live_stack, bob, transport, proxy.url) as reader,
        aclosing(reader.topic(name, after_seq=0)) as events,
    ):

        async def publish_until_all_are_cut() -> int:
            while proxy.cuts < CUTS:
                await publish(sender, name, next(numbers))
            last = next(numbers)
            await publish(sender, name, last)
            return last

        publishing = asyncio.create_task(publish_until_all_are_cut())
        while not (taken and proxy.cuts >= CUTS and taken[-1].seq == await publishing):
            taken.append(await the_next(events, TopicMessage))
    assert [one.seq for one in taken] == list(range(1, len(taken) + 1))
    assert [one.data for one in taken] == [{"number": one.seq} for one in taken]
    assert proxy.cuts >= CUTS


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_what_is_published_from_now_on(live_stack: LiveStack, alice: str, bob: str, transport: Transport) -> None:
    name = topic("feeds")
    async with (
        opened(live_stack, alice, transport) as sender,
        opened(live_stack, bob, transport) as reader,
        aclosing(reader.topic(name)) as events,
    ):
        await publish(sender, name, 1)
        assert (await the_next(events, TopicSubscribed)).last_seq == 1
        await publish(sender, name, 2)
        assert (await the_next(events, TopicMessage)).seq == 2


@pytest.mark.parametrize("transport", TRANSPORTS)
async def test_a_topic_of_another_tenant_is_not_found(live_stack: LiveStack, alice: str, transport: Transport) -> None:
    foreign = topic("feeds", tenant="other")
    async with opened(live_stack, alice, transport) as client:
        with pytest.raises(NotFound):
            await anext(client.topic(foreign, after_seq=0))
        with pytest.raises(NotFound):
            await client.publish(foreign, 1)


async def test_who_follows_is_told_and_leaves_with_the_iterator(live_stack: LiveStack, alice: str, bob: str) -> None:
    name = topic("rooms")
    async with (
        opened(live_stack, alice, "websocket") as watching,
        opened(live_stack, bob, "stream") as coming,
        aclosing(watching.topic(name)) as seen,
    ):
        assert (await the_next(seen, TopicSubscribed)).presence == (alice,)
        async with aclosing(coming.topic(name)) as room:
            assert (await the_next(room, TopicSubscribed)).presence == tuple(sorted((alice, bob)))
            assert (await the_next(seen, TopicPresence)).joined == (bob,)
            assert await coming.publish(name, "hello") is None
            assert (await the_next(room, TopicMessage)).data == (await the_next(seen, TopicMessage)).data == "hello"
        assert (await the_next(seen, TopicPresence)).left == (bob,)
