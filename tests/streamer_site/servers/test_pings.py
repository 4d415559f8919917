"""The pings of both servers: who answers stays, who does not is given up, and a look is at what is due alone."""

import asyncio
import gc
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamer_site.servers import pings
from streamer_site.servers.pings import Pinger, ping_frame, pong_in, take_pong, unanswered_seconds, wire_size
from tests.hostile.raw import PONG, frame

INTERVAL_SECONDS = 5.0
TIMEOUT_SECONDS = 20.0


class Socket:
    def __init__(self) -> None:
        self.streamer_ping: bytes | None = None
        self.streamer_pinged_at = 0.0
        self.streamer_round_trip: float | None = None
        self.is_open = True
        self.pings = 0
        self.given_up = False


def send(socket: Socket, content: bytes) -> bool:
    socket.pings += socket.is_open
    return socket.is_open


def give_up(socket: Socket) -> None:
    socket.given_up = True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """The time of the pings, in seconds: ``now`` moves when a test moves it."""
    clock = SimpleNamespace(now=1000.0)
    monkeypatch.setattr(pings, "time", SimpleNamespace(monotonic=lambda: clock.now))
    return clock


@pytest.fixture
def pinger(monkeypatch: pytest.MonkeyPatch, clock: SimpleNamespace) -> Pinger:
    monkeypatch.setattr(pings, "_TICK_SECONDS", 0.01)
    return Pinger(interval=INTERVAL_SECONDS, timeout=TIMEOUT_SECONDS, send=send, give_up=give_up)


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(5):
        while not condition():
            await asyncio.sleep(0.005)


async def test_who_answers_is_pinged_again_and_who_does_not_is_given_up(pinger: Pinger, clock: SimpleNamespace) -> None:
    answering, silent = Socket(), Socket()
    for one in (answering, silent):
        pinger.add(one)
    clock.now += INTERVAL_SECONDS
    await until(lambda: silent.streamer_ping)
    clock.now += 1
    assert unanswered_seconds(silent) == 1 and not silent.given_up
    while not silent.given_up:
        assert answering.streamer_ping and not take_pong(answering, b"")
        assert take_pong(answering, answering.streamer_ping) and unanswered_seconds(answering) == 0
        assert answering.streamer_round_trip == (1 if answering.pings == 1 else 0)
        clock.now += INTERVAL_SECONDS
        await until(lambda: answering.streamer_ping)
    assert silent.pings == 1 and answering.pings == 5 and not answering.given_up
    assert silent.streamer_round_trip is None
    answering.is_open = silent.is_open = False
    silent.streamer_ping = answering.streamer_ping = None
    clock.now += TIMEOUT_SECONDS
    await until(lambda: not pinger._runs)


async def test_what_has_ended_is_not_kept(pinger: Pinger, clock: SimpleNamespace) -> None:
    sockets = [Socket() for _ in range(3)]
    for one in sockets:
        pinger.add(one)
    clock.now += INTERVAL_SECONDS
    await until(lambda: all(one.pings for one in sockets))
    sockets.clear()
    del one
    gc.collect()
    clock.now += TIMEOUT_SECONDS
    await until(lambda: not pinger._runs)
    assert not pinger._due and not pinger._awaited


async def test_many_that_are_due_together_are_pinged_in_parts(
    pinger: Pinger, clock: SimpleNamespace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pings, "_AT_ONCE", 10)
    sockets = [Socket() for _ in range(35)]
    for one in sockets:
        pinger.add(one)
    clock.now += INTERVAL_SECONDS
    assert pinger._ping_due(clock.now)
    assert sum(one.pings for one in sockets) == 10
    await until(lambda: all(one.pings for one in sockets))
    for one in sockets:
        one.is_open, one.streamer_ping = False, None


@given(st.binary(min_size=4, max_size=4), st.binary(min_size=4, max_size=4))
def test_a_pong_is_read_whatever_its_mask(content: bytes, mask: bytes) -> None:
    masked = bytes(one ^ other for one, other in zip(content, mask, strict=True))
    assert pong_in(b"\x8a\x84" + mask + masked) == content


@pytest.mark.parametrize(
    "data",
    [
        b"",
        frame(b"1234"),
        frame(b"12345", PONG),
        frame(b"123", PONG),
        frame(b"1234", PONG) * 2,
        frame(b"1234", PONG)[:-1],
        frame(b"1234", PONG, final=False),
        frame(b"1234", PONG, reserved=4),
        frame(b"1234", PONG, masked=False),
    ],
)
def test_other_bytes_are_no_such_pong(data: bytes) -> None:
    assert pong_in(data) is None


@given(st.integers(0, 200_000))
def test_the_size_of_a_frame(length: int) -> None:
    assert wire_size(length) == len(frame(bytes(length)))


def test_a_ping_is_one_frame_without_a_mask() -> None:
    assert ping_frame(b"1234") == b"\x89\x041234"
