"""Limits that all processes share, as clients meet them. The second process is one that has limits alone.

Each test has users of its own: a thread of an earlier one may still tell what was spent there.
"""

import asyncio
import threading
from collections.abc import Iterator

import pytest
from pytest_django import Settings

from jobs.models import AsyncRequest
from realtime.limits.clients import ClientBuckets, ClientLimit
from realtime.limits.exchange import Exchange, SharedBucket, breaker
from realtime.limits.process import Limits
from realtime.shared import limits
from tests.realtime.conftest import OpenSocket
from tests.realtime.sockets import Message, Socket, aside, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("still_buckets")]


@pytest.fixture(autouse=True)
def closed_breaker() -> None:
    breaker.close()


def queued(client_id: str, message: int = 0) -> Message:
    return {"action": "echo_async", "id": client_id, "payload": {"message": message}}


async def answer(socket: Socket) -> Message:
    """Return the next answer to a submit. Requests that wait are told their places in between."""
    while (message := await socket.hear())["type"] not in ("acknowledgment", "error"):
        pass
    return message


async def send_request(socket: Socket, client_id: str, message: int = 0) -> Message:
    await socket.say(**queued(client_id, message))
    return await answer(socket)


async def ping(socket: Socket, times: int) -> list[str]:
    return [(await socket.ask(type="ping"))["type"] for _ in range(times)]


async def test_messages_of_a_user_are_refused_on_all_connections_and_close_none(
    open_socket: OpenSocket, settings: Settings
) -> None:
    settings.STREAMER_MESSAGES_PER_USER = 0.5
    one, other, bob = [await open_socket(user=name) for name in ("mary", "mary", "bob")]
    assert await ping(one, 5) == ["pong"] * 5
    refused = await other.ask(type="ping", id="mine")
    assert refused["id"] == "mine" and refused["error"]["code"] == "RATE_LIMITED"
    assert refused["error"]["details"] == {"limit": "messages", "by": "user", "per_second": 0.5}
    assert await ping(bob, 5) == ["pong"] * 5 and await ping(one, 30) == ["error"] * 30


async def test_requests_are_refused_one_by_one_and_only_new_ones_cost(
    open_socket: OpenSocket, settings: Settings
) -> None:
    settings.STREAMER_SUBMITS_PER_USER = 0.3
    socket = await open_socket(user="susan")
    for _ in range(4):
        assert (await send_request(socket, "a", 1))["type"] == "acknowledgment"
    assert (await send_request(socket, "a", 2))["error"]["code"] == "DUPLICATE_REQUEST"
    await socket.say(type="requests", requests=[queued("b"), queued("c"), queued("d"), queued("e")])
    answers = {one["id"]: one for one in [await answer(socket) for _ in range(4)]}
    assert [answers[name]["type"] for name in "bcde"] == ["acknowledgment"] * 2 + ["error"] * 2
    assert answers["d"]["error"]["details"]["limit"] == "submits" and answers["d"]["index"] == 2
    assert await aside(AsyncRequest.objects.count) == 3
    await socket.say(action="echo", payload={"message": 1})
    assert (await socket.hear_until("response"))[-1]["success"], "no request is created"


async def test_others_have_their_turns_while_a_batch_is_refused(open_socket: OpenSocket, settings: Settings) -> None:
    settings.STREAMER_SUBMITS_PER_USER = 0.3
    socket, other = await open_socket(user="nora"), await open_socket(user="otto")
    await socket.say(type="requests", requests=[queued(str(number)) for number in range(100)])
    asked = asyncio.create_task(other.ask(type="ping"))
    answered = 0
    while not asked.done():
        await answer(socket)
        answered += 1
    assert (await asked)["type"] == "pong" and answered < 90
    kinds = [(await answer(socket))["type"] for _ in range(100 - answered)]
    assert "error" in kinds


async def test_regenerate_counts_as_a_submit(open_socket: OpenSocket, settings: Settings) -> None:
    settings.STREAMER_SUBMITS_PER_USER = 0.1
    socket = await open_socket(user="rick")
    accepted = await send_request(socket, "first", 1)
    await socket.say(type="cancel", request_id=accepted["request_id"])
    await socket.hear_until("snapshot")
    await socket.say(type="regenerate", request_id=accepted["request_id"], id="again")
    refused = await answer(socket)
    assert refused["id"] == "again" and refused["error"]["code"] == "RATE_LIMITED"


def tenants(buckets: ClientBuckets) -> SharedBucket:
    return buckets._buckets[[*buckets._names].index("tenant")]


@pytest.fixture
def may_tell(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Have no process hear of another before this is set."""
    may, exchange = threading.Event(), Exchange.exchange

    def held(self: Exchange) -> None:
        may.wait(30)
        exchange(self)

    monkeypatch.setattr(Exchange, "exchange", held)
    yield may
    may.set()


@pytest.mark.parametrize("kind", ["messages", "submits"])
async def test_a_tenant_that_floods_two_processes_is_refused_on_both_and_another_is_not(
    kind: str, open_socket: OpenSocket, settings: Settings, may_tell: threading.Event
) -> None:
    settings.STREAMER_MESSAGES_PER_TENANT = settings.STREAMER_SUBMITS_PER_TENANT = 1.0
    flooding, other = await open_socket(tenant=f"flood-{kind}"), await open_socket(tenant=f"calm-{kind}")
    limits_of: list[ClientLimit] = [getattr(process, kind) for process in (Limits(), limits())]
    both = [one.of(tenant_id=f"flood-{kind}", user_id="another", address="") for one in limits_of]
    assert [both[0].take() is None for _ in range(12)] == [True] * 10 + [False] * 2
    sent = 0

    async def send(socket: Socket) -> Message:
        nonlocal sent
        sent += 1
        if kind == "messages":
            return await socket.ask(type="ping")
        return await send_request(socket, str(sent))

    # What it had before it heard of the other process passes: its own burst, and no more.
    passed = 0
    while (refused := await send(flooding))["type"] != "error":
        passed += 1
    assert passed <= 11 and refused["error"]["details"]["by"] == "tenant"
    may_tell.set()
    await until(lambda: not any(tenants(buckets).untold for buckets in both), "both have told")
    # About twenty were spent of ten. Who spends the next one hears that the tenant is in debt.
    for buckets in both:
        buckets.spend(1)
        await until(lambda one=buckets: (one.take() or {}).get("retry_after", 0) > 2, "it has heard of the other")
    assert {(await send(other))["type"] for _ in range(5)} == {"pong" if kind == "messages" else "acknowledgment"}
    assert (await send(flooding))["type"] == "error"
