"""Topics over a socket: who follows, what comes, and what is refused."""

from typing import Any
from uuid import uuid4

import pytest
from pytest_django import Settings

from realtime.models import TopicMessage
from realtime.topics import publish
from tests.conftest import MakeToken
from tests.realtime.conftest import OpenSocket
from tests.realtime.sockets import Message, Socket, aside

pytestmark = pytest.mark.django_db(transaction=True)
NEWS, PRICES, ROOM = "tenant.acme.news", "tenant.acme.prices.gold", "tenant.acme.rooms.1"


async def follow(socket: Socket, topic: str, **fields: Any) -> Message:
    answer = await socket.ask(type="subscribe", topic=topic, id="sub", **fields)
    assert (answer["type"], answer["id"], answer["topic"]) == ("subscribed", "sub", topic)
    return answer


async def publish_many(count: int, topic: str = PRICES) -> None:
    for number in range(count):
        await aside(publish, topic, {"number": number})


async def hear_seqs(socket: Socket, count: int) -> list[int]:
    return [(await socket.hear("message"))["seq"] for _ in range(count)]


async def test_it_works(open_socket: OpenSocket) -> None:
    socket, other = await open_socket(), await open_socket(user="bob")
    assert "last_seq" not in await follow(socket, NEWS)
    await follow(other, NEWS)
    await aside(publish, NEWS, {"text": "hi"})
    for one in (socket, other):
        message = await one.hear("message")
        assert message.keys() == {"type", "topic", "data", "timestamp"}
        assert (message["topic"], message["data"]) == (NEWS, {"text": "hi"})


async def test_a_topic_with_a_history_is_numbered_and_replayed(open_socket: OpenSocket) -> None:
    await publish_many(3)
    socket, from_two, from_now = await open_socket(), await open_socket(), await open_socket()
    assert (await follow(socket, PRICES, after_seq=0))["last_seq"] == 3
    assert await hear_seqs(socket, 3) == [1, 2, 3]
    await follow(from_two, PRICES, after_seq=2)
    assert await hear_seqs(from_two, 1) == [3]
    await follow(from_now, PRICES)
    assert await from_now.is_silent()
    await publish_many(2)
    for one in (socket, from_two, from_now):
        assert await hear_seqs(one, 2) == [4, 5]


async def test_a_client_publishes_and_is_told_the_number(open_socket: OpenSocket) -> None:
    socket, reader = await open_socket(), await open_socket(user="bob")
    await follow(reader, PRICES)
    answer = await socket.ask(type="publish", topic=PRICES, data=[1], id="p")
    assert (answer["type"], answer["id"], answer["topic"], answer["seq"]) == ("published", "p", PRICES, 1)
    assert (await reader.hear("message"))["data"] == [1]
    assert "seq" not in await socket.ask(type="publish", topic=ROOM, data=None)


@pytest.mark.parametrize("kind", ["subscribe", "publish", "unsubscribe"])
async def test_what_one_may_not_answers_exactly_as_what_does_not_exist(kind: str, open_socket: OpenSocket) -> None:
    socket = await open_socket(tenant="other", permissions=("prices.nothing",))
    names = [PRICES, NEWS, "tenant.other.prices.gold", "nothing.of.the.kind"]
    answers = [await socket.ask(type=kind, topic=name, data=1, id="q") for name in names]
    assert [answer["topic"] for answer in answers] == names
    for answer in answers:
        assert answer["error"]["code"] == "NOT_FOUND"
        del answer["timestamp"], answer["topic"]
    assert all(answer == answers[0] for answer in answers)


@pytest.mark.parametrize("kind", ["subscribe", "publish", "unsubscribe"])
@pytest.mark.parametrize("name", ["a b", "a..b", "*", "a" * 256, 7])
async def test_a_bad_name_is_a_mistake(kind: str, name: Any, open_socket: OpenSocket) -> None:
    socket = await open_socket()
    answer = await socket.ask(type=kind, topic=name, data=1)
    assert answer["error"]["code"] == "VALIDATION_ERROR"


async def test_a_message_without_data_is_a_mistake(open_socket: OpenSocket) -> None:
    answer = await (await open_socket()).ask(type="publish", topic=ROOM)
    assert answer["error"]["code"] == "VALIDATION_ERROR"


async def test_a_number_beyond_the_last_is_a_mistake(open_socket: OpenSocket) -> None:
    socket = await open_socket()
    answer = await socket.ask(type="subscribe", topic=PRICES, after_seq=1)
    assert answer["error"]["code"] == "VALIDATION_ERROR"
    await publish_many(1)
    assert await socket.is_silent()


async def test_who_unsubscribes_hears_no_more(open_socket: OpenSocket) -> None:
    socket, stays = await open_socket(), await open_socket()
    for one in (socket, stays):
        await follow(one, PRICES)
    answer = await socket.ask(type="unsubscribe", topic=PRICES, id="un")
    assert (answer["type"], answer["id"], answer["topic"]) == ("unsubscribed", "un", PRICES)
    await publish_many(1)
    assert await hear_seqs(stays, 1) == [1] and await socket.is_silent()


async def test_to_subscribe_again_is_to_begin_anew(open_socket: OpenSocket) -> None:
    socket = await open_socket()
    await publish_many(2)
    for _ in range(2):
        await follow(socket, PRICES, after_seq=0)
        assert await hear_seqs(socket, 2) == [1, 2]
    await publish_many(1)
    assert await hear_seqs(socket, 1) == [3] and await socket.is_silent()


async def test_no_more_are_followed_than_a_connection_may(open_socket: OpenSocket, settings: Settings) -> None:
    settings.STREAMER_MAX_TOPICS_PER_CONNECTION = 1
    socket = await open_socket()
    await follow(socket, NEWS)
    assert (await socket.ask(type="subscribe", topic=PRICES))["error"]["code"] == "RATE_LIMITED"
    await follow(socket, NEWS)


async def test_a_busy_topic_says_when_to_try_again(open_socket: OpenSocket, settings: Settings) -> None:
    settings.STREAMER_TOPIC_MESSAGES_PER_SECOND = 0.02
    socket = await open_socket()
    await socket.ask(type="publish", topic=ROOM, data=1)
    error = (await socket.ask(type="publish", topic=ROOM, data=1))["error"]
    assert error["code"] == "RATE_LIMITED" and 0 < error["retry_after"] <= 50


async def test_clients_of_a_tenant_begin_so_many_topics(open_socket: OpenSocket, settings: Settings) -> None:
    settings.STREAMER_MAX_HISTORIES_PER_TENANT = 2
    socket, names = await open_socket(), [f"tenant.acme.prices.{uuid4().hex}" for _ in range(3)]
    await aside(publish, names[0], 1)  # by code, so it does not count
    await socket.ask(type="publish", topic=f"{names[0]}.a", data=1)
    await socket.ask(type="publish", topic=names[1], data=1)
    refused = await socket.ask(type="publish", topic=names[2], data=1)
    assert (refused["error"]["code"], refused["error"]["details"]) == ("QUOTA_EXCEEDED", {"limit": 2})
    assert [(await socket.ask(type="publish", topic=name, data=1))["seq"] for name in names[:2]] == [2, 2]
    other = await open_socket(tenant="other")
    answer = await other.ask(type="publish", topic=f"tenant.other.prices.{uuid4().hex}", data=1)
    assert answer["type"] == "published"


async def test_too_large_a_message_is_refused(open_socket: OpenSocket, settings: Settings) -> None:
    settings.STREAMER_TOPIC_MESSAGE_BYTES = 100
    answer = await (await open_socket()).ask(type="publish", topic=ROOM, data="x" * 100)
    assert answer["error"]["code"] == "PAYLOAD_TOO_LARGE"


async def test_a_trimmed_history_is_said_and_goes_on_where_it_begins(open_socket: OpenSocket) -> None:
    await publish_many(5)
    await aside(TopicMessage.objects.filter(seq__lte=3).delete)
    socket = await open_socket()
    await follow(socket, PRICES, after_seq=1)
    snapshot = await socket.hear("snapshot")
    facts = (snapshot["topic"], snapshot["seq"], snapshot["first_seq"], snapshot["reason"])
    assert facts == (PRICES, 3, 4, "trimmed")
    assert await hear_seqs(socket, 2) == [4, 5]


async def test_a_token_with_fewer_permissions_ends_what_it_may_not(
    open_socket: OpenSocket, make_token: MakeToken
) -> None:
    socket = await open_socket()
    await follow(socket, PRICES)
    await follow(socket, NEWS)
    await socket.say(type="authenticate", token=make_token(permissions=()))
    await socket.hear("authenticated")
    ended = await socket.hear("unsubscribed")
    assert (ended["topic"], ended["reason"]) == (PRICES, "not_allowed")
    await publish_many(1)
    await aside(publish, NEWS, 1)
    assert (await socket.hear("message"))["topic"] == NEWS


# --- slow clients ----------------------------------------------------------------------------------------------------


async def test_a_window_holds_numbered_messages_back_and_loses_none(
    open_socket: OpenSocket, settings: Settings
) -> None:
    settings.STREAMER_CREDIT_EVENTS = 4
    socket, other = await open_socket(), await open_socket()
    await socket.say(type="received", topic=PRICES, seq=0)
    for one in (socket, other):
        await follow(one, PRICES)
    await publish_many(10)
    assert await hear_seqs(other, 10) == list(range(1, 11))
    assert await hear_seqs(socket, 4) == [1, 2, 3, 4] and await socket.is_silent()
    for acknowledged, then in ((4, [5, 6, 7, 8]), (8, [9, 10])):
        await socket.say(type="received", topic=PRICES, seq=acknowledged)
        assert await hear_seqs(socket, len(then)) == then


async def test_without_room_what_has_no_number_is_left_out(open_socket: OpenSocket, settings: Settings) -> None:
    settings.STREAMER_CREDIT_EVENTS = 1
    socket, other = await open_socket(), await open_socket()
    await socket.say(type="received", topic=PRICES, seq=0)
    for one in (socket, other):
        await follow(one, PRICES)
        await follow(one, NEWS)
    await publish_many(2)
    await hear_seqs(other, 2)
    await aside(publish, NEWS, "lost")
    await other.hear("message")
    assert await hear_seqs(socket, 1) == [1] and await socket.is_silent()
    await socket.say(type="received", topic=PRICES, seq=1)
    assert await hear_seqs(socket, 1) == [2]
    await socket.say(type="received", topic=PRICES, seq=2)
    await socket.ask(type="ping")
    await aside(publish, NEWS, "heard")
    assert (await socket.hear("message"))["data"] == "heard"


async def test_to_have_received_nothing_named_is_a_mistake(open_socket: OpenSocket) -> None:
    answer = await (await open_socket()).ask(type="received", seq=1)
    assert answer["error"]["code"] == "VALIDATION_ERROR"
