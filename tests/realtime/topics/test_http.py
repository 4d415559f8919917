from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from django.test import AsyncClient
from pytest_django import Settings

from realtime.topics import history
from tests.conftest import MakeToken
from tests.realtime.conftest import OpenSocket
from tests.realtime.sockets import aside

pytestmark = pytest.mark.django_db(transaction=True)
Post = Callable[..., Awaitable[Any]]
PRICES, ROOM = "tenant.acme.prices.gold", "tenant.acme.rooms.1"


@pytest.fixture
def post(async_client: AsyncClient, make_token: MakeToken) -> Post:
    """Return ``await post(topic, body, **token)``, which publishes with that user's token."""

    async def send(topic: str, body: Any = b'{"data": {"price": 1}}', **who: Any) -> Any:
        headers = {"Authorization": f"Bearer {make_token(**who)}"}
        return await async_client.post(f"/api/topics/{topic}/", body, content_type="application/json", headers=headers)

    return send


async def test_it_works(post: Post, open_socket: OpenSocket) -> None:
    socket = await open_socket()
    await socket.ask(type="subscribe", topic=PRICES)
    response = await post(PRICES)
    assert (response.status_code, response.json()) == (200, {"topic": PRICES, "seq": 1})
    message = await socket.hear("message")
    assert (message["data"], message["seq"]) == ({"price": 1}, 1)
    assert (await post(ROOM)).json() == {"topic": ROOM}


@pytest.mark.parametrize("topic", [PRICES, "tenant.acme.news", "nothing.at.all", "requests"])
async def test_what_one_may_not_answers_as_what_does_not_exist(post: Post, topic: str) -> None:
    response = await post(topic, tenant="other")
    assert (response.status_code, response.json()["error"]["code"]) == (404, "NOT_FOUND")
    assert await aside(history.last_seq, topic) == 0


@pytest.mark.parametrize(
    ("topic", "body"),
    [("a b", b'{"data": 1}'), ("a..b", b'{"data": 1}'), (PRICES, b"{}"), (PRICES, b"{"), (PRICES, b"[" * 9999)],
)
async def test_bad_input_is_a_mistake(post: Post, topic: str, body: bytes) -> None:
    response = await post(topic, body)
    assert (response.status_code, response.json()["error"]["code"]) == (400, "VALIDATION_ERROR")


async def test_limits_have_their_answers(post: Post, settings: Settings) -> None:
    settings.STREAMER_TOPIC_MESSAGE_BYTES = 100
    response = await post(ROOM, b'{"data": "%s"}' % (b"x" * 200))
    assert (response.status_code, response.json()["error"]["code"]) == (413, "PAYLOAD_TOO_LARGE")
    settings.STREAMER_TOPIC_MESSAGES_PER_SECOND = 0.03
    await post(ROOM)
    response = await post(ROOM)
    assert (response.status_code, response.json()["error"]["code"]) == (429, "RATE_LIMITED")
    assert 0 < int(response["Retry-After"]) <= 34


async def test_a_body_of_very_many_parts_is_refused_before_it_is_decoded(post: Post) -> None:
    response = await post(ROOM, b'{"data": [%s[]]}' % (b"[]," * 200_000))
    assert response.status_code == 413
    assert response.json()["error"]["details"] == {"limit_containers": 30_000}


@pytest.mark.usefixtures("still_buckets")
async def test_it_counts_as_a_message(post: Post, settings: Settings) -> None:
    settings.STREAMER_MESSAGES_PER_USER = 0.2
    statuses = [(await post(ROOM, user="mary")).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    assert (await post(ROOM, user="bob")).status_code == 200


async def test_it_takes_a_token(async_client: AsyncClient) -> None:
    response = await async_client.post(f"/api/topics/{PRICES}/", b'{"data": 1}', content_type="application/json")
    assert response.status_code == 401
