import asyncio
import json
from itertools import pairwise

import pytest
from pytest_django import Settings

from realtime.limits.exchange import Exchange
from realtime.shared import limits
from streamer_site.servers import handshakes
from streamer_site.servers.handshakes import Holding, Turns, refusal_of

CLIENT = ("203.0.113.1", 50_000)


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    monkeypatch.setattr(Exchange, "soon", lambda self: None)
    settings.STREAMER_CONNECTS_PER_ADDRESS = 1.0


async def exhaust(address: str) -> None:
    for _ in range(100):
        limits().connects.of_address(address)


async def test_it_works() -> None:
    assert refusal_of([], CLIENT) is None
    await exhaust(CLIENT[0])
    answer = refusal_of([], CLIENT)
    assert answer is not None
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 429 ") and b"\r\nRetry-After: 1" in head
    assert f"Content-Length: {len(body)}".encode() in head
    error = json.loads(body)["error"]
    assert (error["code"], error["retryable"]) == ("RATE_LIMITED", True)
    assert refusal_of([], ("203.0.113.2", 1)) is None


@pytest.mark.parametrize(("trusts", "is_refused"), [(True, True), (False, False)])
async def test_a_forwarded_address_counts_behind_a_proxy_alone(
    settings: Settings, trusts: bool, is_refused: bool
) -> None:
    settings.TRUST_PROXY = trusts
    await exhaust("198.51.100.7")
    refused = refusal_of([(b"x-forwarded-for", b"198.51.100.7")], CLIENT)
    assert (refused is not None) == is_refused


async def test_refusals_come_late_and_those_that_are_too_many_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handshakes, "HOLD_SECONDS", 0.05)
    monkeypatch.setattr(handshakes, "MAX_HELD", 2)
    holding, answered = Holding(), []
    for number in range(4):
        holding.answer_later(lambda number=number: answered.append(number))  # type: ignore[misc]
    assert answered == [2, 3]
    await asyncio.sleep(0.1)
    assert answered[:2] == [2, 3] and sorted(answered) == [0, 1, 2, 3]
    holding.answer_later(lambda: answered.append(4))
    assert answered[-1] != 4, "there is room again"


async def test_a_turn_of_the_loop_takes_one_handshake() -> None:
    turns, done = Turns(), list[int]()
    for number in range(3):
        turns.take(lambda number=number: done.append(number))  # type: ignore[misc]
    seen = [len(done)]
    for _ in range(4):
        await asyncio.sleep(0)
        seen.append(len(done))
    assert seen[0] == 1 and seen[-1] == 3 and all(after - before <= 1 for before, after in pairwise(seen))
    turns.take(lambda: done.append(3))
    assert done == [0, 1, 2, 3], "a single one never waits"
