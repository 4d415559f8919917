"""The client over HTTP alone: streams and long polls of events, and what the service refuses."""

import asyncio
from typing import Any

import pytest
from fakes.over_http import ACKNOWLEDGMENT, DONE, EVENTS, ID, partial, run, service
from fakes.scripted_http import Request, Response, as_events, as_json, message, serving

from streamer_client import Client, ConnectionStopped, NotFound, RateLimited, Unauthorized
from streamer_client.transports.http import follower, window

pytestmark = pytest.mark.usefixtures("quick")


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


async def test_a_batch_that_is_too_large_for_one_call_goes_in_several() -> None:
    def batch(request: Request) -> Response:
        wanted = request.json["requests"]
        if len(wanted) > 2:
            return as_json({"error": {"code": "PAYLOAD_TOO_LARGE", "message": "Too large", "retryable": False}}, 413)
        answers = [{"type": "response", "id": one["id"], "success": True, "data": one["payload"]} for one in wanted]
        return as_json({"responses": answers})

    async with (
        serving(service(batch=batch)) as server,
        Client(server.url, token="t", transport="stream", proxy=None) as client,
        asyncio.timeout(10),
    ):
        handles = await client.submit_many([("echo", {"n": number}, {}) for number in range(5)])
        assert [await handle.result() for handle in handles] == [{"n": number} for number in range(5)]  # type: ignore[union-attr]
    assert [len(one.json["requests"]) for one in server.paths("POST", "/api/requests/batch/")] == [5, 2, 3, 1, 2]


async def test_an_odd_id_leads_to_no_other_resource() -> None:
    async def answer(request: Request) -> Response:
        if request.path == "/api/requests/":
            return as_json({"requests": [], "next_cursor": None})
        return as_json({"error": {"code": "NOT_FOUND", "message": "Not found", "retryable": False}}, 404)

    async with (
        serving(answer) as server,
        Client(server.url, token="t", transport="stream", proxy=None) as client,
        asyncio.timeout(10),
    ):
        for ask in (client.status, client.cancel, lambda odd: client.follow(odd).result()):
            with pytest.raises(NotFound):
                await ask("a/../?limit=1")
    odd = "/api/requests/a%2F..%2F%3Flimit%3D1/"
    assert [one.path for one in server.requests[1:]] == [odd, f"{odd}cancel/", f"{odd}events/"]


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


@pytest.mark.parametrize("transport", ["stream", "poll"])
async def test_a_feed_with_a_tag_asks_for_it(transport: Any) -> None:
    state = {"type": "message", "topic": "requests", "cursor": "2", "request": {"request_id": ID, "status": "pending"}}
    asked: list[Any] = []

    async def answer(request: Request) -> Response:
        if request.path != "/api/feed/":
            return await service()(request)
        asked.append(request.query.get("tag"))
        if transport == "stream":
            return as_events(message(state), end=asyncio.Event())
        return as_json({"messages": [state], "cursor": "2", "truncated": False})

    async with (
        serving(answer) as server,
        Client(server.url, token="t", transport=transport, proxy=None) as client,
        asyncio.timeout(10),
    ):
        async for event in client.feed(tag="customer 7"):
            assert event.cursor == "2"
            break
    assert asked[0] == "customer 7"


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
