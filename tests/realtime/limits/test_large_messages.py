"""Large messages have their turns one after the other, and their senders in rotation."""

import asyncio

import pytest

from realtime.limits import large_messages
from realtime.limits.large_messages import LargeMessages, Refused

ALICE, BOB = ("acme", "alice"), ("acme", "bob")
SIZE = 100_000


@pytest.fixture(autouse=True)
def no_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_messages, "_REST", 0.0)


class Queue:
    """Messages that wait, and the order of their turns."""

    def __init__(self) -> None:
        self.turns = LargeMessages()
        self.order: list[str] = []
        self.refused: list[str] = []

    async def take(self, name: str, sender: tuple[str, str], size_bytes: int = SIZE) -> None:
        try:
            await self.turns.take(sender, size_bytes)
        except Refused as refused:
            assert refused.error["code"] == "RATE_LIMITED"
            self.refused.append(name)
            return
        self.order.append(name)
        self.turns.end(size_bytes, 0)

    async def fill(self, *messages: tuple[str, tuple[str, str]], size_bytes: int = SIZE) -> list[asyncio.Task[None]]:
        tasks = [asyncio.create_task(self.take(name, sender, size_bytes)) for name, sender in messages]
        await asyncio.sleep(0)
        return tasks


async def test_senders_have_turns_in_rotation() -> None:
    queue = Queue()
    await queue.turns.take(ALICE, SIZE)
    tasks = await queue.fill(("a1", ALICE), ("a2", ALICE), ("a3", ALICE), ("b1", BOB))
    assert queue.order == []
    queue.turns.end(SIZE, 0)
    await asyncio.gather(*tasks)
    assert queue.order == ["a1", "b1", "a2", "a3"]


async def test_a_rest_follows_each_that_is_longer_after_a_costly_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    loop, rests = asyncio.get_running_loop(), []
    monkeypatch.setattr(loop, "call_later", lambda seconds, hand_on: rests.append((seconds, hand_on)))
    queue = Queue()
    for read_seconds in (0.0, 0.1):
        await queue.turns.take(ALICE, SIZE)
        (waiting,) = await queue.fill(("b", BOB))
        queue.turns.end(SIZE, read_seconds)
        assert not queue.order
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        rests[-1][1]()
    (little, _), (much, _) = rests
    assert 0 < little < 0.01 and much == pytest.approx(0.4)


async def test_what_waits_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_messages, "MAX_WAIT_SECONDS", 0.01)
    queue = Queue()
    await queue.turns.take(ALICE, SIZE)
    await queue.take("b", BOB)
    assert queue.refused == ["b"]
    queue.turns.end(SIZE, 0)
    await asyncio.sleep(0.01)
    await queue.take("next", BOB)
    assert queue.order == ["next"]


async def test_of_too_many_bytes_those_of_the_sender_with_most_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_messages, "MAX_WAITING_BYTES", 3 * SIZE)
    queue = Queue()
    await queue.turns.take(ALICE, SIZE)
    tasks = await queue.fill(("a1", ALICE), ("a2", ALICE), ("a3", ALICE), ("b1", BOB))
    await asyncio.sleep(0)
    assert queue.refused == ["a3"]
    queue.turns.end(SIZE, 0)
    await asyncio.gather(*tasks)
    assert queue.order == ["a1", "b1", "a2"]


async def test_one_that_is_given_up_loses_no_turn() -> None:
    queue = Queue()
    await queue.turns.take(ALICE, SIZE)
    gone, stays = await queue.fill(("a", ALICE), ("b", BOB))
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    queue.turns.end(SIZE, 0)
    await stays
    assert queue.order == ["b"]


async def test_one_that_is_given_up_as_its_turn_comes_hands_it_on() -> None:
    queue = Queue()
    await queue.turns.take(ALICE, SIZE)
    gone, stays = await queue.fill(("a", ALICE), ("b", BOB))
    queue.turns.end(SIZE, 0)
    while queue.turns._waiting.get(ALICE):
        await asyncio.sleep(0)
    gone.cancel()
    await stays
    assert queue.order == ["b"]
