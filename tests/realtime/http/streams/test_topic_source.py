"""A topic whose follower goes before it has begun."""

import asyncio
from typing import Any

import pytest

from realtime.answers import topics
from realtime.shared import delivery, registry
from tests.realtime.conftest import OpenSocket
from tests.realtime.http.streams.conftest import OpenStream
from tests.realtime.sockets import until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("patient_joins")]
PRICES = "tenant.acme.prices.gold"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Have the last number of a topic never be found. The event is set once somebody asks for it."""
    event = asyncio.Event()

    async def ask(*_: Any) -> None:
        event.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(topics, "in_database", ask)
    return event


async def test_a_stream_that_is_left_while_it_begins_leaves_nothing_behind(
    open_stream: OpenStream, asked: asyncio.Event
) -> None:
    stream = await open_stream(f"/api/topics/{PRICES}/")
    await stream.read()
    await asked.wait()
    assert delivery()._follows
    await stream.hang_up()
    await until(lambda: not registry().streams.open, "it is forgotten")
    assert delivery()._follows == {}


async def test_a_socket_that_leaves_while_it_subscribes_leaves_nothing_behind(
    open_socket: OpenSocket, asked: asyncio.Event
) -> None:
    socket = await open_socket()
    await socket.say(type="subscribe", topic=PRICES)
    await asked.wait()
    assert delivery()._follows
    await socket.leave()
    await until(lambda: delivery()._follows == {}, "it is forgotten")
