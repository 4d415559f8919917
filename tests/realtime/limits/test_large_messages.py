"""Large messages have their turns one after the other, and their senders in rotation."""

import asyncio

import pytest

from realtime.limits import large_messages
from realtime.limits.large_messages import LargeMessages, Refused, Turn

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
            turn = await self.turns.take(sender, size_bytes)
        except Refused as refused:
            assert refused.error["code"] == "RATE_LIMITED"
            self.refused.append(name)
            return
        self.order.append(name)
        turn.end()

    async def fill(self, *messages: tuple[str, tuple[str, str]], size_bytes: int = SIZE) -> list[asyncio.Task[None]]:
        tasks = [asyncio.create_task(self.take(name, sender, size_bytes)) for name, sender in messages]
        await asyncio.sleep(0)
        return tasks


async def test_senders_have_turns_in_rotation() -> None:
    queue = Queue()
    first = await queue.turns.take(ALICE, SIZE)
    tasks = await queue.fill(("a1", ALICE), ("a2", ALICE), ("a3", ALICE), ("b1", BOB))
    assert queue.order == []
    first.end()
    first.end()  # twice does no harm
    await asyncio.gather(*tasks)
    assert queue.order == ["a1", "b1", "a2", "a3"]


async def test_a_turn_ends_with_the_answers() -> None:
    queue = Queue()
    first = await queue.turns.take(ALICE, SIZE)
    answered = [asyncio.Event(), asyncio.Event()]

    async def answer(event: asyncio.Event) -> None:
        await event.wait()

    first.end_after([asyncio.create_task(answer(event)) for event in answered])
    (task,) = await queue.fill(("b", BOB))
    answered[0].set()
    for _ in range(5):
        await asyncio.sleep(0)
    assert queue.order == []
    answered[1].set()
    await task
    assert queue.order == ["b"]


async def test_a_turn_without_an_answer_ends_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_messages, "MAX_TURN_SECONDS", 0.01)
    queue = Queue()
    first = await queue.turns.take(ALICE, SIZE)
    assert isinstance(first, Turn)
    await queue.take("b", BOB)
    assert queue.order == ["b"]


async def test_what_waits_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_messages, "MAX_WAIT_SECONDS", 0.01)
    monkeypatch.setattr(large_messages, "MAX_TURN_SECONDS", 60)
    queue = Queue()
    first = await queue.turns.take(ALICE, SIZE)
    await queue.take("b", BOB)
    assert queue.refused == ["b"]
    first.end()
    await asyncio.sleep(0.01)
    await queue.take("next", BOB)
    assert queue.order == ["next"]


async def test_of_too_many_bytes_those_of_the_sender_with_most_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_messages, "MAX_WAITING_BYTES", 3 * SIZE)
    queue = Queue()
    first = await queue.turns.take(ALICE, SIZE)
    tasks = await queue.fill(("a1", ALICE), ("a2", ALICE), ("a3", ALICE), ("b1", BOB))
    await asyncio.sleep(0)
    assert queue.refused == ["a3"]
    first.end()
    await asyncio.gather(*tasks)
    assert queue.order == ["a1", "b1", "a2"]


async def test_one_that_is_given_up_loses_no_turn() -> None:
    queue = Queue()
    first = await queue.turns.take(ALICE, SIZE)
    gone, stays = await queue.fill(("a", ALICE), ("b", BOB))
    gone.cancel()
    await asyncio.gather(gone, return_exceptions=True)
    first.end()
    await stays
    assert queue.order == ["b"]


async def test_one_that_is_given_up_as_its_turn_comes_hands_it_on() -> None:
    queue = Queue()
    first = await queue.turns.take(ALICE, SIZE)
    gone, stays = await queue.fill(("a", ALICE), ("b", BOB))
    first.end()
    while queue.turns._waiting.get(ALICE):
        await asyncio.sleep(0)
    gone.cancel()
    await stays
    assert queue.order == ["b"]
