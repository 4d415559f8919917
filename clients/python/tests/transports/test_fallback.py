"""The client where WebSockets do not get through: when it leaves them, and when it comes back to them."""

import asyncio
from typing import Any, get_args

import pytest
from fakes.over_http import DONE, EVENTS, ID, partial, run, service
from fakes.scripted import WELCOME, ScriptedChannel
from fakes.scripted_http import as_events, serving

from streamer_client import Client
from streamer_client.core import fallback
from streamer_client.transports import dialer
from streamer_client.transports.channel import Unreachable
from streamer_client.transports.dialer import Transport

pytestmark = pytest.mark.usefixtures("quick")


async def test_an_upgrade_that_is_refused_leads_to_http() -> None:
    async with serving(service()) as server:
        assert await run(server.url) == [1, 2, 3]
    assert len(server.paths("GET", "/ws/")) == 1
    assert server.paths("POST", "/api/requests/")[0].json == {"action": "report", "payload": {}, "id": "my-1"}
    assert server.paths("GET", EVENTS)[0].headers["accept"] == "text/event-stream"
    assert all(request.headers.get("authorization") == "Bearer a-token" for request in server.requests[1:])
    assert not any("token" in request.query for request in server.requests)


@pytest.mark.parametrize("transport", get_args(Transport))
async def test_each_transport_can_be_chosen(transport: Transport) -> None:
    async with Client("http://127.0.0.1:9", token="t", transport=transport, proxy=None):
        pass


async def test_a_websocket_that_brings_nothing_twice_leads_to_http(monkeypatch: pytest.MonkeyPatch) -> None:
    async def open_nothing(*_: Any, **__: Any) -> ScriptedChannel:
        channel = ScriptedChannel(None)
        channel.end(1006)
        return channel

    monkeypatch.setattr(dialer, "open_websocket", open_nothing)
    async with serving(service()) as server:
        assert await run(server.url) == [1, 2, 3]


@pytest.mark.parametrize("status", [403, 429, 503])
async def test_what_the_service_itself_refuses_leads_to_another_try(
    status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    async def refuse(*_: Any, **__: Any) -> ScriptedChannel:
        calls.append(status)
        if len(calls) < 4:
            raise Unreachable("no", status=status)
        channel = ScriptedChannel(None)
        channel.push(WELCOME)
        return channel

    monkeypatch.setattr(dialer, "open_websocket", refuse)
    async with serving(service()) as server, Client(server.url, token="t", proxy=None) as client:
        async with asyncio.timeout(10):
            await client.connect()
    assert server.requests == []


async def test_nothing_works_until_the_websocket_does(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    async def open_late(*_: Any, **__: Any) -> ScriptedChannel:
        calls.append(1)
        if len(calls) < 5:
            raise Unreachable("no host is there")
        channel = ScriptedChannel(None)
        channel.push(WELCOME)
        return channel

    monkeypatch.setattr(dialer, "open_websocket", open_late)
    async with Client("http://127.0.0.1:1", token="t", proxy=None) as client, asyncio.timeout(10):
        await client.connect()


async def test_a_websocket_that_works_again_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fallback, "RETRY_WEBSOCKET_SECONDS", 0.05)
    sockets: list[ScriptedChannel] = []
    works_again = asyncio.Event()

    async def open_later(*_: Any, **__: Any) -> ScriptedChannel:
        if len(sockets) == 0:
            sockets.append(ScriptedChannel(None))
            raise Unreachable("no", status=400)
        await works_again.wait()
        sockets.append(ScriptedChannel(None))
        sockets[-1].push(WELCOME)
        return sockets[-1]

    monkeypatch.setattr(dialer, "open_websocket", open_later)
    async with (
        serving(service(events=as_events(partial(1), end=asyncio.Event()))) as server,
        Client(server.url, token="t", proxy=None) as client,
        asyncio.timeout(10),
    ):
        handle = await client.submit("report", id="my-1")
        events = aiter(handle)
        assert (await anext(events)).seq == 1
        works_again.set()
        while len(sockets) < 2 or not sockets[1].sent:
            await asyncio.sleep(0.01)
        assert sockets[1].sent[0]["requests"] == [{"request_id": ID, "after_seq": 1}]
        sockets[1].push({**DONE, "seq": 2})
        assert (await anext(events)).final
