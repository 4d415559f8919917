from typing import Any
from uuid import UUID

import pytest
from pytest_django import Settings

from realtime.delivery.credit import CreditWindow
from realtime.socket import backpressure
from realtime.socket.backpressure import Backpressure
from realtime.wire.messages import Received
from tests.jobs.building import run_next
from tests.realtime.conftest import OpenSocket
from tests.realtime.sockets import Message, Socket, aside, until
from tests.realtime.timers import Timers

pytestmark = pytest.mark.django_db(transaction=True)
UNKNOWN = "00000000-0000-0000-0000-000000000007"


@pytest.fixture(autouse=True)
def small_window(settings: Settings) -> None:
    settings.STREAMER_CREDIT_EVENTS = 8


async def acknowledge(socket: Socket, request_id: Any, seq: int) -> None:
    await socket.say(type="received", request_id=str(request_id), seq=seq)


async def finished(socket: Socket, count: int) -> str:
    """Store a request with ``count`` partial results that has ended before anybody follows it."""
    await socket.say(action="zoo_partials", payload={"count": count})
    request_id = (await socket.hear("acknowledgment"))["request_id"]
    await aside(run_next)
    await socket.hear_until("complete")
    return str(request_id)


async def events(socket: Socket, count: int) -> list[Message]:
    """Return ``count`` messages, after which only the answer to a ping comes."""
    messages = [await socket.hear() for _ in range(count)]
    await socket.say(type="ping")
    await socket.hear("pong")
    return messages


async def test_it_works(open_socket: OpenSocket) -> None:
    request_id = await finished(await open_socket(), 28)
    socket = await open_socket()
    await acknowledge(socket, UNKNOWN, 0)
    await socket.say(type="subscribe", request_id=request_id)
    await socket.hear("subscribed")
    seqs = [message["seq"] for message in await events(socket, 8)]
    while len(seqs) < 30:
        await acknowledge(socket, request_id, seqs[-1])
        seqs += [message["seq"] for message in await events(socket, min(8, 30 - len(seqs)))]
    assert seqs == list(range(1, 31))


async def test_without_acknowledgments_there_is_no_window(open_socket: OpenSocket) -> None:
    request_id = await finished(await open_socket(), 28)
    socket = await open_socket()
    await socket.say(type="subscribe", request_id=request_id)
    assert len(await socket.hear_until("complete")) == 31


async def test_a_request_of_ones_own_stops_too(open_socket: OpenSocket) -> None:
    socket = await open_socket()
    await acknowledge(socket, UNKNOWN, 0)
    await socket.say(action="zoo_partials", payload={"count": 28})
    request_id = (await socket.hear("acknowledgment"))["request_id"]
    await aside(run_next)
    assert [message["seq"] for message in await events(socket, 8)] == list(range(1, 9))
    await acknowledge(socket, request_id, 8)
    assert (await socket.hear())["seq"] == 9


async def test_nothing_answers_an_acknowledgment_and_a_senseless_one_does_no_harm(open_socket: OpenSocket) -> None:
    socket = await open_socket()
    for seq in (0, 7, 2**31 - 1):
        await acknowledge(socket, UNKNOWN, seq)
    await events(socket, 0)
    await acknowledge(socket, "x", 1)
    assert (await socket.hear("error"))["error"]["code"] == "VALIDATION_ERROR"
    await acknowledge(socket, UNKNOWN, -1)
    assert (await socket.hear("error"))["error"]["code"] == "VALIDATION_ERROR"


async def test_who_has_no_room_and_says_nothing_is_told_to_come_back(
    open_socket: OpenSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backpressure, "ACKNOWLEDGE_SECONDS", 0.3)
    request_id = await finished(await open_socket(), 28)
    socket = await open_socket()
    await acknowledge(socket, UNKNOWN, 0)
    await socket.say(type="subscribe", request_id=request_id)
    goodbye = await socket.hear_goodbye()
    assert (goodbye["code"], goodbye["reason"], goodbye["reconnect"]) == (4002, "too_slow", True)


async def test_patience_is_with_those_who_speak_or_have_room(
    open_socket: OpenSocket, monkeypatch: pytest.MonkeyPatch
) -> None:
    timers = Timers()
    monkeypatch.setattr(backpressure, "asyncio", timers)
    request_id = await finished(await open_socket(), 28)
    socket = await open_socket()
    await acknowledge(socket, UNKNOWN, 0)
    await socket.say(type="subscribe", request_id=request_id)
    await socket.hear("subscribed")
    await events(socket, 8)
    await until(lambda: timers.waiting, "the time in which it must acknowledge has begun")
    for _ in range(6):  # longer than its limit, with a message before the end
        timers.advance(0.9 * backpressure.ACKNOWLEDGE_SECONDS)
        await acknowledge(socket, request_id, 0)
        await events(socket, 0)
    for seq in (8, 16, 24):
        await acknowledge(socket, request_id, seq)
        await events(socket, min(8, 30 - seq))
    timers.advance(2 * backpressure.ACKNOWLEDGE_SECONDS)  # unacknowledged, but nothing waits for it
    await events(socket, 0)


async def test_the_end_of_a_connection_ends_the_waiting_for_it() -> None:
    window = CreditWindow(most_events=1, most_bytes=1_000)
    pressure = Backpressure(window, resume=lambda: None, give_up=lambda: None)
    pressure.take(Received(request_id=UUID(UNKNOWN), seq=0))
    assert pressure._timer is None
    assert [window.admit(UUID(UNKNOWN), seq, 1) for seq in (1, 2)] == [True, False]
    timer = pressure._timer
    assert timer is not None and not timer.cancelled()
    pressure.end()
    assert timer.cancelled()
