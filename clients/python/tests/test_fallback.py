"""The client where WebSockets do not get through."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, get_args

import pytest
from scripted import WELCOME, ScriptedChannel
from scripted_http import Request, Response, as_events, as_json, message, serving

from streamer_client import Client, ConnectionStopped, RateLimited, Unauthorized
from streamer_client.core import fallback, reconnect
from streamer_client.transports import dialer
from streamer_client.transports.channel import Unreachable
from streamer_client.transports.dialer import Transport
from streamer_client.transports.http import follower, window

ID = "5f0c2b1e-7a52-4a53-9c8e-2f4b6f1f0a11"
EVENTS = f"/api/requests/{ID}/events/"
ACKNOWLEDGMENT = {"type": "acknowledgment", "id": "my-1", "request_id": ID, "status": "queued"}
DONE = {"type": "complete", "request_id": ID, "seq": 3, "result": {"rows": 7}, "final": True}
Route = Callable[[Request], Awaitable[Response] | Response]


def partial(seq: int) -> dict[str, Any]:
    return {"type": "partial", "request_id": ID, "seq": seq, "data": seq}


def service(**routes: Route | Response) -> Callable[[Request], Awaitable[Response]]:
    """Answer as a service that takes one request. ``events`` and others replace what is answered."""
    answers: dict[tuple[str, str], Any] = {
        ("GET", "/api/requests/"): routes.get("probe", as_json({"requests": [], "next_cursor": None})),
        ("POST", "/api/requests/"): routes.get("submit", as_json(ACKNOWLEDGMENT, 202)),
        ("GET", EVENTS): routes.get("events", as_events(partial(1), partial(2), DONE)),
        ("GET", f"/api/requests/{ID}/"): routes.get("detail", as_json({"status": "completed", "seq": 3})),
        ("GET", "/ws/"): routes.get("websocket", Response(426)),
    }

    async def answer(request: Request) -> Response:
        found = answers.get((request.method, request.path), Response(404))
        if isinstance(found, Response):
            return found
        got = found(request)
        return got if isinstance(got, Response) else await got

    return answer


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconnect, "BASE_SECONDS", 0.01)
    monkeypatch.setattr(follower, "SHORT_POLL_SECONDS", 0.01)
    monkeypatch.setattr(follower, "BETWEEN_POLLS_SECONDS", 0.0)


async def run(url: str, **options: Any) -> list[int | None]:
    """Submit the request, take its events, and return their numbers once the result is right."""
    async with asyncio.timeout(10):
        async with Client(url, token="a-token", proxy=None, **options) as client:
            handle = await client.submit("report", {}, id="my-1")
            seqs = [event.seq async for event in handle]
            assert await handle.result() == {"rows": 7}
            return seqs


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


async def test_streams_that_are_cut_go_on_from_their_last_event() -> None:
    seen = []

    def events(request: Request) -> Response:
        seen.append(request.headers.get("last-event-id"))
        rest = [partial(1), partial(2), DONE][int(seen[-1] or 0) :]
        return as_events(rest[0])

    async with serving(service(events=events)) as server:
        assert await run(server.url, transport="stream") == [1, 2, 3]
    assert seen == [None, "1", "2"]


async def test_streams_that_bring_nothing_three_times_lead_to_long_polls() -> None:
    def events(request: Request) -> Response:
        if "wait" not in request.query:
            return as_events()
        rest = [partial(1), partial(2), DONE][int(request.query["after_seq"]) :]
        return as_json({"events": rest[:2], "last_seq": 3})

    async with serving(service(events=events)) as server:
        assert await run(server.url, transport="stream") == [1, 2, 3]
    polls = [request for request in server.paths("GET", EVENTS) if "wait" in request.query]
    assert len(server.paths("GET", EVENTS)) - len(polls) == 3
    assert [request.query for request in polls] == [
        {"after_seq": "0", "wait": "25"},
        {"after_seq": "2", "wait": "25"},
    ]


async def test_a_poll_that_is_cut_is_followed_by_polls() -> None:
    cut = [Response(200, b'{"events"', {"Content-Type": "application/json", "Content-Length": "100"})]

    def events(request: Request) -> Response:
        if "wait" not in request.query:
            return as_events()
        return cut.pop() if cut else as_json({"events": [partial(1), partial(2), DONE], "last_seq": 3})

    async with serving(service(events=events)) as server:
        assert await run(server.url) == [1, 2, 3]
    streams = [request for request in server.paths("GET", EVENTS) if "wait" not in request.query]
    assert (len(streams), cut) == (3, [])


async def test_a_stream_that_is_held_back_on_the_way_leads_to_long_polls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower, "SILENT_SECONDS", 0.1)
    end = asyncio.Event()

    def events(request: Request) -> Response:
        if "wait" not in request.query:
            return as_events(end=end)
        return as_json({"events": [partial(1), partial(2), DONE], "last_seq": 3})

    async with serving(service(events=events)) as server:
        assert await run(server.url, transport="stream") == [1, 2, 3]
        end.set()


async def test_too_many_streams_lead_to_short_polls() -> None:
    refusal = {"error": {"code": "RATE_LIMITED", "message": "Too many", "retryable": True, "retry_after": 0.01}}

    def events(request: Request) -> Response:
        if request.query.get("wait") != "0":
            return as_json(refusal, 429)
        return as_json({"events": [partial(1), partial(2), DONE], "last_seq": 3})

    async with serving(service(events=events)) as server:
        assert await run(server.url, transport="stream") == [1, 2, 3]


async def test_a_goodbye_is_no_end_of_the_request() -> None:
    goodbye = 'event: goodbye\ndata: {"type": "goodbye", "code": 4000, "reconnect": true, "after_ms": 20}\n\n'

    def events(request: Request) -> Response:
        if request.headers.get("last-event-id") is None:
            return as_events(partial(1), goodbye)
        return as_events(partial(2), DONE)

    async with serving(service(events=events)) as server:
        assert await run(server.url, transport="stream") == [1, 2, 3]


async def test_a_goodbye_for_good_stops_the_client() -> None:
    goodbye = 'event: goodbye\ndata: {"type": "goodbye", "code": 4501, "reconnect": false, "after_ms": 60000}\n\n'
    async with serving(service(events=as_events(partial(1), goodbye))) as server:
        with pytest.raises(ConnectionStopped) as stopped:
            await run(server.url, transport="stream")
    assert stopped.value.close_code == 4501


async def test_what_was_not_answered_is_sent_again_with_the_same_id() -> None:
    answers = [Response(502, b"<html>"), as_json({**ACKNOWLEDGMENT, "duplicate": True}, 202)]
    async with serving(service(submit=lambda _: answers.pop(0))) as server:
        assert await run(server.url, transport="stream") == [1, 2, 3]
    assert [request.json["id"] for request in server.paths("POST", "/api/requests/")] == ["my-1", "my-1"]


async def test_an_expired_token_is_replaced() -> None:
    asked = []

    async def provide(*, force: bool) -> str:
        asked.append(force)
        return "fresh" if force else "old"

    def probe(request: Request) -> Response:
        if request.headers["authorization"] == "Bearer fresh":
            return as_json({"requests": []})
        details = {"reason": "token_expired"}
        return as_json({"error": {"code": "UNAUTHORIZED", "message": "It has expired", "details": details}}, 401)

    async with (
        serving(service(probe=probe)) as server,
        Client(server.url, token_provider=provide, transport="stream", proxy=None) as client,
        asyncio.timeout(10),
    ):
        await client.connect()
    assert asked == [False, True]


async def test_a_token_that_is_not_accepted_stops_the_client() -> None:
    refused = as_json({"error": {"code": "UNAUTHORIZED", "message": "The token is not valid"}}, 401)
    async with serving(service(probe=refused)) as server:
        with pytest.raises(ConnectionStopped, match="The token is not valid") as stopped:
            await run(server.url, transport="stream")
    assert stopped.value.code == "UNAUTHORIZED" and not isinstance(stopped.value, Unauthorized)


async def test_a_refusal_of_a_request_is_typed() -> None:
    error = {"code": "RATE_LIMITED", "message": "Too many", "retryable": True, "retry_after": 2.5}
    async with serving(service(submit=as_json({"error": error}, 429, **{"Retry-After": "3"}))) as server:
        with pytest.raises(RateLimited) as refused:
            await run(server.url, transport="stream")
    assert refused.value.retry_after == 2.5


async def test_a_request_that_had_ended_before_has_no_events_left() -> None:
    async with (
        serving(service(events=Response(204))) as server,
        Client(server.url, token="t", transport="stream", proxy=None) as client,
        asyncio.timeout(10),
    ):
        assert [event async for event in client.follow(ID, after_seq=3)] == []


async def test_a_slow_application_stops_the_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window, "MAX_MESSAGES", 100)
    events = [partial(seq) for seq in range(1, 1_000)] + [{**DONE, "seq": 1_000}]
    async with (
        serving(service(events=as_events(*events))) as server,
        Client(server.url, token="t", transport="stream", proxy=None) as client,
        asyncio.timeout(20),
    ):
        handle = await client.submit("report", id="my-1")
        await asyncio.wait_for(_arrived(handle, 100), 5)
        await asyncio.sleep(0.1)
        assert len(handle._reader) <= 100
        assert [event.seq async for event in handle] == list(range(1, 1_001))


async def _arrived(handle: Any, count: int) -> None:
    while len(handle._reader) < count:
        await asyncio.sleep(0.01)


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


async def test_the_feed_comes_over_http() -> None:
    state = {"type": "message", "topic": "requests", "cursor": "2", "request": {"request_id": ID, "status": "pending"}}
    told = {"type": "subscribed", "topic": "requests", "cursor": "1", "truncated": False}

    async def answer(request: Request) -> Response:
        if request.path == "/api/feed/":
            return as_events(message(told), message(state), end=asyncio.Event())
        return await service()(request)

    async with (
        serving(answer) as server,
        Client(server.url, token="t", transport="stream", proxy=None) as client,
        asyncio.timeout(10),
    ):
        async for event in client.feed():
            assert event.cursor == "2"
            break
