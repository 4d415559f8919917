"""Topics followed without a socket: a stream, and polls that wait."""

import asyncio
import json
from typing import Any

import pytest
from pytest_django import Settings

from realtime.models import TopicMessage
from realtime.revocations.writing import revoke_tokens
from realtime.shared import delivery, drain, presence, registry
from realtime.topics import presence as presence_module
from realtime.topics import publish
from realtime.wire.close_codes import CloseCode
from tests.realtime.conftest import OpenSocket
from tests.realtime.http.streams.client import StreamClient
from tests.realtime.http.streams.conftest import Get, OpenStream
from tests.realtime.sockets import aside, until

# A message without a number is told once, by a hint.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("patient_joins", "unlimited")]
NEWS, PRICES, ROOM = "tenant.acme.news", "tenant.acme.prices.gold", "tenant.acme.rooms.1"


@pytest.fixture
def unlimited(settings: Settings) -> None:
    settings.STREAMER_TOPIC_MESSAGES_PER_SECOND = 0


@pytest.fixture
def quick_presence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence_module, "SPACING_SECONDS", 0.01)
    monkeypatch.setattr(presence_module, "FIRST_CHECK_SECONDS", 0.05)
    monkeypatch.setattr(presence_module, "CHECK_SECONDS", 0.1)


def path_of(topic: str, query: str = "") -> str:
    return f"/api/topics/{topic}/{query}"


async def publish_many(*numbers: int, topic: str = PRICES) -> None:
    for number in numbers:
        await aside(publish, topic, {"number": number})


async def read_seqs(stream: StreamClient, count: int) -> list[int]:
    return [(await stream.read_message())["seq"] for _ in range(count)]


def ids(stream: StreamClient) -> list[str | None]:
    return [event.id for event in stream._reader.events if event.message is not None]


async def until_followed(topic: str) -> None:
    """Wait until what is published will be heard: the poll has joined the group."""
    await until(lambda: any(one.begun for one in delivery()._follows.get(topic, ())), "it follows")


# --- streams ---------------------------------------------------------------------------------------------------------


async def test_it_works(open_stream: OpenStream) -> None:
    stream = await open_stream(path_of(PRICES))
    assert stream.status == 200 and stream.headers["content-type"].startswith("text/event-stream")
    subscribed = await stream.read_message()
    assert (subscribed["type"], subscribed["topic"], subscribed["last_seq"]) == ("subscribed", PRICES, 0)
    await publish_many(7)
    message = await stream.read_message()
    assert (message["type"], message["topic"], message["seq"]) == ("message", PRICES, 1)
    assert message["data"] == {"number": 7}
    await stream.hang_up()
    await until(lambda: not registry().streams.open, "it is forgotten")
    assert delivery()._follows == {}


async def test_a_topic_without_a_history_has_no_ids(open_stream: OpenStream) -> None:
    stream = await open_stream(path_of(NEWS), headers={"Last-Event-ID": "7"})
    assert "last_seq" not in await stream.read_message()
    await publish_many(1, topic=NEWS)
    message = await stream.read_message()
    assert message.keys() == {"type", "topic", "data", "timestamp"}
    assert ids(stream) == [None, None]


@pytest.mark.parametrize("way", ["header", "query"])
async def test_it_goes_on_behind_the_last_number(way: str, open_stream: OpenStream) -> None:
    await publish_many(1, 2, 3)
    query, headers = ("?after_seq=1", {}) if way == "query" else ("?after_seq=0", {"Last-Event-ID": "1"})
    stream = await open_stream(path_of(PRICES, query), headers=headers)
    assert (await stream.read_message())["last_seq"] == 3
    assert await read_seqs(stream, 2) == [2, 3]
    await publish_many(4)
    assert await read_seqs(stream, 1) == [4]
    assert ids(stream) == ["1", "2", "3", "4"]


async def test_without_a_number_it_begins_now_and_comes_back_to_that_place(open_stream: OpenStream) -> None:
    await publish_many(1, 2)
    stream = await open_stream(path_of(PRICES))
    await stream.read_message()
    assert stream._reader.last_id == "2"
    await stream.hang_up()
    await publish_many(3)
    again = await open_stream(path_of(PRICES), headers={"Last-Event-ID": "2"})
    await again.read_message()
    assert await read_seqs(again, 1) == [3]


async def test_a_history_that_was_trimmed_says_so(open_stream: OpenStream, get: Get) -> None:
    await publish_many(1, 2, 3, 4)
    await TopicMessage.objects.filter(topic=PRICES, seq__lte=2).adelete()
    stream = await open_stream(path_of(PRICES, "?after_seq=0"))
    await stream.read_message()
    snapshot = await stream.read_message()
    assert (snapshot["type"], snapshot["reason"]) == ("snapshot", "trimmed")
    assert (snapshot["seq"], snapshot["first_seq"]) == (2, 3)
    assert await read_seqs(stream, 2) == [3, 4]
    assert ids(stream) == ["0", "2", "3", "4"]
    body = (await get(path_of(PRICES, "?after_seq=0"))).json()
    assert [one["type"] for one in body["messages"]] == ["snapshot", "message", "message"]
    assert body["last_seq"] == 4


@pytest.mark.parametrize("who", [{"tenant": "other"}, {"permissions": ("prices.write",)}])
async def test_what_one_may_not_follow_answers_as_what_does_not_exist(
    who: dict[str, Any], open_stream: OpenStream, get: Get
) -> None:
    await publish_many(1)
    bodies = set()
    for topic in (PRICES, "tenant.other.nothing", "nothing.at.all", "requests"):
        stream = await open_stream(path_of(topic), **who)
        await stream.read_all()
        assert stream.status == 404
        answer = await get(path_of(topic, "?after_seq=0"), **who)
        assert answer.status_code == 404
        bodies |= {stream.body, answer.content}
    (body,) = bodies
    assert json.loads(body)["error"]["code"] == "NOT_FOUND"


@pytest.mark.parametrize("number", ["2", "-1", "x", "1.5", "9" * 20])
async def test_a_number_that_was_never_given_is_refused(number: str, open_stream: OpenStream, get: Get) -> None:
    await publish_many(1)
    stream = await open_stream(path_of(PRICES), headers={"Last-Event-ID": number})
    await stream.read_all()
    assert stream.status == 400 and json.loads(stream.body)["error"]["code"] == "VALIDATION_ERROR"
    assert (await get(path_of(PRICES, f"?after_seq={number}"))).status_code == 400


async def test_a_bad_name_is_a_mistake(get: Get) -> None:
    answer = await get(path_of("a..b"))
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "VALIDATION_ERROR")


async def test_it_takes_a_token(get: Get, open_stream: OpenStream) -> None:
    assert (await get(path_of(NEWS), token=None)).status_code == 401
    assert (await open_stream(path_of(NEWS), token=None)).status == 401


async def test_the_head_is_without_a_body(async_client: Any, make_token: Any) -> None:
    headers = {"Authorization": f"Bearer {make_token()}", "Accept": "text/event-stream"}
    answer = await async_client.head(path_of(PRICES), headers=headers)
    assert answer.status_code == 200 and answer["Content-Type"] == "text/event-stream; charset=utf-8"
    headers["Accept"] = "application/json"
    for topic in (PRICES, NEWS):
        assert (await async_client.head(path_of(topic, "?wait=60"), headers=headers)).status_code == 200
    assert registry().streams.open == set()


async def test_a_revoked_stream_ends_with_a_goodbye(open_stream: OpenStream) -> None:
    stream = await open_stream(path_of(NEWS))
    await stream.read_message()
    await aside(lambda: revoke_tokens(user_id="alice"))
    last = (await stream.read_all())[-1]
    assert (last.kind, last.message["code"], last.message["reconnect"]) == ("goodbye", 4501, False)


async def test_a_user_has_only_so_many(open_stream: OpenStream, get: Get, settings: Settings) -> None:
    settings.STREAMER_MAX_STREAMS_PER_USER = 1
    stream = await open_stream(path_of(NEWS))
    await stream.read_message()
    refused = await open_stream(path_of(PRICES))
    assert refused.status == 429
    for topic in (NEWS, PRICES):
        assert (await get(path_of(topic, "?wait=5"))).status_code == 429
    assert (await get(path_of(PRICES))).status_code == 200


@pytest.mark.usefixtures("still_buckets")
async def test_it_counts_as_a_message(get: Get, settings: Settings) -> None:
    settings.STREAMER_MESSAGES_PER_USER = 0.2
    assert [(await get(path_of(PRICES))).status_code for _ in range(3)] == [200, 200, 429]


async def test_every_face_has_the_same_messages_byte_for_byte(
    open_stream: OpenStream, open_socket: OpenSocket, get: Get
) -> None:
    await publish_many(1, 2, 3)
    stream = await open_stream(path_of(PRICES, "?after_seq=0"))
    await stream.read_message()
    await read_seqs(stream, 3)
    streamed = [event.data for event in stream._reader.events if event.data][1:]
    body = (await get(path_of(PRICES, "?after_seq=0"))).content
    assert body == b'{"messages":[' + b",".join(streamed) + b'],"last_seq":3}'
    socket = await open_socket()
    await socket.say(type="subscribe", topic=PRICES, after_seq=0)
    texts = [(await socket._communicator.receive_output(10))["text"].encode() for _ in range(4)]
    assert texts[1:] == streamed


# --- presence --------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("quick_presence")
async def test_who_has_a_stream_is_present_while_it_is_open(open_stream: OpenStream, open_socket: OpenSocket) -> None:
    watching = await open_socket(user="bob")
    await watching.ask(type="subscribe", topic=ROOM)
    stream = await open_stream(path_of(ROOM))
    subscribed = await stream.read_message()
    assert (subscribed["presence"], subscribed["present"]) == (["alice", "bob"], 2)
    assert (await watching.hear("presence"))["joined"] == ["alice"]
    carol = await open_socket(user="carol")
    await carol.ask(type="subscribe", topic=ROOM)
    assert (await stream.read_message())["joined"] == ["carol"]
    await stream.hang_up()
    heard = await watching.hear("presence")
    while "alice" not in heard["left"]:
        heard = await watching.hear("presence")
    assert heard["present"] == 2


async def test_who_polls_is_not_present(get: Get) -> None:
    polling = asyncio.create_task(get(path_of(ROOM, "?wait=60")))
    await until_followed(ROOM)
    assert presence()._followers == {}
    await publish_many(1, topic=ROOM)
    assert [one["type"] for one in (await polling).json()["messages"]] == ["message"]


# --- polls -----------------------------------------------------------------------------------------------------------


async def test_pages_of_the_history(get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("realtime.http.topics.following._MAX_MESSAGES", 2)
    await publish_many(1, 2, 3)
    first = (await get(path_of(PRICES, "?after_seq=0"))).json()
    assert ([one["seq"] for one in first["messages"]], first["last_seq"]) == ([1, 2], 3)
    second = (await get(path_of(PRICES, "?after_seq=2&wait=60"))).json()
    assert ([one["seq"] for one in second["messages"]], second["last_seq"]) == ([3], 3)


async def test_a_poll_begins_now_and_waits_for_the_first_message(get: Get) -> None:
    await publish_many(1, 2)
    first = (await get(path_of(PRICES))).json()
    assert first == {"messages": [], "last_seq": 2}
    polling = asyncio.create_task(get(path_of(PRICES, "?wait=60")))
    await until_followed(PRICES)
    await publish_many(3)
    body = (await polling).json()
    assert ([one["seq"] for one in body["messages"]], body["last_seq"]) == ([3], 3)
    assert registry().streams.open == set() and delivery()._follows == {}


async def test_a_poll_gets_at_once_what_it_missed(get: Get) -> None:
    await publish_many(1, 2, 3)
    body = (await get(path_of(PRICES, "?after_seq=1&wait=60"))).json()
    assert [one["seq"] for one in body["messages"]] == [2, 3]


async def test_a_poll_without_news_ends_in_time(get: Get) -> None:
    assert (await get(path_of(PRICES, "?after_seq=0&wait=1"))).json() == {"messages": [], "last_seq": 0}
    assert (await get(path_of(NEWS, "?wait=1"))).json() == {"messages": []}


async def test_a_topic_without_a_history_has_only_what_comes_while_one_waits(get: Get) -> None:
    answer = await get(path_of(NEWS, "?after_seq=0"))
    assert answer.status_code == 400 and "no history" in answer.json()["error"]["message"]
    polling = asyncio.create_task(get(path_of(NEWS, "?wait=60")))
    await until_followed(NEWS)
    await publish_many(5, topic=NEWS)
    (message,) = (await polling).json()["messages"]
    assert message["data"] == {"number": 5} and "seq" not in message


async def test_a_revoked_poll_is_an_error_at_once(get: Get) -> None:
    polling = asyncio.create_task(get(path_of(PRICES, "?wait=60")))
    await until(lambda: registry().streams.open, "it waits")
    await aside(lambda: revoke_tokens(user_id="alice"))
    assert (await polling).status_code == 401


async def test_polls_hold_up_no_stop(get: Get, monkeypatch: pytest.MonkeyPatch) -> None:
    polling = asyncio.create_task(get(path_of(PRICES, "?wait=60")))
    await until_followed(PRICES)
    for one in tuple(registry().streams.open):
        one.close(CloseCode.DRAIN)
    assert (await polling).json() == {"messages": [], "last_seq": 0}
    monkeypatch.setattr(drain(), "begun", True)
    assert (await get(path_of(PRICES, "?wait=60"))).json() == {"messages": [], "last_seq": 0}
