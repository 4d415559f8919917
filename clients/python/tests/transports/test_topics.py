"""Topics over HTTP alone: streams and long polls, and what is published."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from typing import Any

import pytest
from fakes.over_http import service
from fakes.scripted_http import HttpServer, Request, Response, as_events, as_json, message, serving

from streamer_client import Client, NotFound, TopicEvent, TopicSubscribed, TopicTrimmed, Unavailable
from streamer_client.transports.http import follower, window

TOPIC = "tenant.acme.prices"
PATH = f"/api/topics/{TOPIC}/"
Route = Callable[[Request], Response]
pytestmark = pytest.mark.usefixtures("quick")


def price(seq: int) -> dict[str, Any]:
    return {"type": "message", "topic": TOPIC, "seq": seq, "data": seq}


def subscribed(last_seq: int) -> dict[str, Any]:
    return {"type": "subscribed", "topic": TOPIC, "last_seq": last_seq}


def answering(route: Route) -> Any:
    async def answer(request: Request) -> Response:
        return route(request) if request.path == PATH else await service()(request)

    return answer


async def read(server: HttpServer, count: int, *, transport: Any, **options: Any) -> list[TopicEvent]:
    """Follow the topic until there were so many events."""
    seen: list[TopicEvent] = []
    async with (
        Client(server.url, token="t", transport=transport, proxy=None) as client,
        asyncio.timeout(20),
        aclosing(client.topic(TOPIC, **options)) as events,
    ):
        async for event in events:
            seen.append(event)
            if len(seen) == count:
                break
    return seen


def places(server: HttpServer) -> list[str | None]:
    return [one.headers.get("last-event-id") or one.query.get("after_seq") for one in server.paths("GET", PATH)]


async def test_a_stream_that_is_cut_goes_on_after_its_last_number() -> None:
    def route(request: Request) -> Response:
        last = int(request.headers.get("last-event-id", "4"))
        return as_events(message(subscribed(last)), price(last + 1))

    async with serving(answering(route)) as server:
        seen = await read(server, 6, transport="stream")
    assert [one.seq for one in seen] == [None, 5, None, 6, None, 7]
    assert places(server)[:3] == [None, "5", "6"]


async def test_long_polls_begin_with_where_it_is_and_have_each_number_once() -> None:
    pages = [([price(5), price(6)], 6), ([], 6), ([price(7)], 7)]

    def route(request: Request) -> Response:
        messages, last = pages.pop(0) if pages else ([], 7)
        return as_json({"messages": messages, "last_seq": last})

    async with serving(answering(route)) as server:
        seen = await read(server, 4, transport="poll")
    assert isinstance(seen[0], TopicSubscribed) and seen[0].last_seq == 4
    assert [one.seq for one in seen[1:]] == [5, 6, 7]
    assert places(server)[:3] == [None, "6", "6"]
    assert [one.query["wait"] for one in server.paths("GET", PATH)][:2] == ["1", "25"]


async def test_long_polls_without_news_have_a_place_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follower, "SHORT_POLL_SECONDS", 60.0)  # what is published in this pause may be kept nowhere

    def route(request: Request) -> Response:
        return as_json({"messages": [price(10)] if "after_seq" in request.query else [], "last_seq": 9})

    async with serving(answering(route)) as server:
        seen = await read(server, 2, transport="poll")
    assert isinstance(seen[0], TopicSubscribed) and seen[0].last_seq == 9
    assert seen[1].seq == 10 and places(server)[:2] == [None, "9"]


@pytest.mark.parametrize("transport", ["stream", "poll"])
async def test_a_trimmed_history_is_told(transport: Any) -> None:
    trimmed = {"type": "snapshot", "topic": TOPIC, "reason": "trimmed", "first_seq": 4, "seq": 3}

    def route(request: Request) -> Response:
        if transport == "stream":
            return as_events(message(subscribed(4)), trimmed, price(4), end=asyncio.Event())
        return as_json({"messages": [trimmed, price(4)], "last_seq": 4})

    async with serving(answering(route)) as server:
        seen = await read(server, 3, transport=transport, after_seq=1)
    assert isinstance(seen[1], TopicTrimmed) and (seen[1].first_seq, seen[2].seq) == (4, 4)
    assert places(server)[0] == "1"


@pytest.mark.parametrize("transport", ["stream", "poll"])
async def test_a_topic_without_numbers_is_asked_for_no_place(transport: Any) -> None:
    news = {"type": "message", "topic": TOPIC, "data": "news"}

    def route(request: Request) -> Response:
        if transport == "stream":
            return as_events(message({"type": "subscribed", "topic": TOPIC}), news)
        return as_json({"messages": [news]})

    async with serving(answering(route)) as server:
        seen = await read(server, 4, transport=transport)
    assert [one.type for one in seen].count("message") >= 2 and {one.seq for one in seen} == {None}
    assert set(places(server)) == {None}


async def test_where_no_more_polls_may_be_held_a_topic_that_keeps_nothing_waits_a_little() -> None:
    refusal = {"error": {"code": "RATE_LIMITED", "message": "Too many", "retryable": True, "retry_after": 0.01}}
    news = {"type": "message", "topic": TOPIC, "data": "news"}

    def route(request: Request) -> Response:
        if request.query.get("wait") != "1":
            return as_json(refusal, 429)
        return as_json({"messages": [news]})

    async with serving(answering(route)) as server:
        seen = await read(server, 3, transport="stream")
    assert [one.type for one in seen] == ["subscribed", "message", "message"]


@pytest.mark.parametrize("transport", ["stream", "poll"])
async def test_a_foreign_topic_is_not_found(transport: Any) -> None:
    refusal = {"error": {"code": "NOT_FOUND", "message": "There is no such topic", "retryable": False}}
    async with serving(answering(lambda _: as_json(refusal, 404))) as server:
        with pytest.raises(NotFound, match="no such topic"):
            await read(server, 1, transport=transport)


async def test_a_topic_that_is_closed_to_the_user_meanwhile_is_not_found() -> None:
    refusal = {"error": {"code": "NOT_FOUND", "message": "There is no such topic", "retryable": False}}
    answers = [as_events(message(subscribed(0)), price(1)), as_json(refusal, 404)]
    async with serving(answering(lambda _: answers.pop(0))) as server:
        with pytest.raises(NotFound):
            await read(server, 3, transport="stream", after_seq=0)


async def test_a_slow_application_stops_the_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window, "MAX_MESSAGES", 100)
    stream = as_events(message(subscribed(1_000)), *(price(seq) for seq in range(1, 1_001)), end=asyncio.Event())
    async with (
        serving(answering(lambda _: stream)) as server,
        Client(server.url, token="t", transport="stream", proxy=None) as client,
        asyncio.timeout(20),
        aclosing(client.topic(TOPIC, after_seq=0)) as events,
    ):
        assert isinstance(await anext(events), TopicSubscribed)
        [reader] = client._core._topics._followed[TOPIC].readers
        while len(reader) < 100:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.1)
        assert len(reader) == 100
        assert [(await anext(events)).seq for _ in range(1_000)] == list(range(1, 1_001))
    assert len(server.paths("GET", PATH)) == 1


async def test_what_is_published_is_sent_once() -> None:
    answers = [as_json({"topic": TOPIC, "seq": 17}), as_json({"topic": TOPIC}), Response(502, b"<html>")]
    async with (
        serving(answering(lambda _: answers.pop(0))) as server,
        Client(server.url, token="t", transport="stream", proxy=None) as client,
        asyncio.timeout(20),
    ):
        assert await client.publish(TOPIC, {"gold": 1}) == 17
        assert await client.publish(TOPIC, None) is None
        with pytest.raises(Unavailable, match="may have heard"):
            await client.publish(TOPIC, 3)
        await client.connect()
    assert [one.json for one in server.paths("POST", PATH)] == [{"data": {"gold": 1}}, {"data": None}, {"data": 3}]
