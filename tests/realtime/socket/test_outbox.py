import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.socket.outbox import Outbox


class Socket:
    """Takes what is sent, one text for each ``let_through``."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.gone = False
        self._turns = asyncio.Semaphore(0)

    async def send(self, text: str) -> None:
        await self._turns.acquire()
        if self.gone:
            raise OSError("the client is gone")
        self.sent.append(text)

    def let_through(self, number: int) -> None:
        for _ in range(number):
            self._turns.release()


def make(
    socket: Socket, overflows: list[int], longest_bytes: int = 100, failures: list[Exception] | None = None
) -> Outbox:
    return Outbox(
        socket.send,
        longest_bytes=longest_bytes,
        on_overflow=lambda: overflows.append(1),
        on_failure=([] if failures is None else failures).append,
    )


async def finish(outbox: Outbox, last: str | None = None) -> None:
    await asyncio.wait_for(outbox.finish(last), 5)


async def test_it_works() -> None:
    socket, overflows = Socket(), list[int]()
    outbox = make(socket, overflows)
    for number in range(20):
        outbox.push(str(number))
    socket.let_through(20)
    await finish(outbox)
    assert socket.sent == [str(number) for number in range(20)] and outbox.sent == 20 and overflows == []


async def test_what_comes_while_it_sends_is_sent_in_order() -> None:
    socket, overflows = Socket(), list[int]()
    outbox = make(socket, overflows)
    for number in range(10):
        outbox.push(str(number))
        socket.let_through(1)
        await asyncio.sleep(0)
    await finish(outbox)
    assert socket.sent == [str(number) for number in range(10)]


async def test_past_the_bound_it_says_so_once_and_takes_nothing_more() -> None:
    socket, overflows = Socket(), list[int]()
    outbox = make(socket, overflows, longest_bytes=25)
    for number in range(10):
        outbox.push(f"ten bytes{number}")
    assert overflows == [1] and (outbox.waiting_bytes, outbox.failed) == (20, 8)
    socket.let_through(10)
    await finish(outbox)
    assert socket.sent == ["ten bytes0", "ten bytes1"]


async def test_what_was_sent_makes_room() -> None:
    socket, overflows = Socket(), list[int]()
    outbox = make(socket, overflows, longest_bytes=25)
    for number in range(50):
        outbox.push(f"ten bytes{number % 10}")
        socket.let_through(1)
        while len(socket.sent) <= number:
            await asyncio.sleep(0)
    await finish(outbox)
    assert len(socket.sent) == 50 and overflows == []


async def test_one_message_larger_than_the_bound_may_pass() -> None:
    socket, overflows = Socket(), list[int]()
    outbox = make(socket, overflows, longest_bytes=25)
    outbox.push("x" * 1000)
    assert overflows == []
    outbox.push("y")
    assert overflows == [1]


@pytest.mark.parametrize("character", ["ü", "€", "😀"])
async def test_the_bound_is_one_of_bytes(character: str) -> None:
    socket, overflows = Socket(), list[int]()
    outbox = make(socket, overflows, longest_bytes=100)
    for _ in range(100 // len(character.encode()) + 1):
        outbox.push(character)
    assert overflows == [1]


async def test_a_closed_one_takes_nothing_and_ends() -> None:
    socket, overflows = Socket(), list[int]()
    outbox = make(socket, overflows)
    outbox.push("before")
    finishing = asyncio.ensure_future(outbox.finish())
    await asyncio.sleep(0)
    outbox.push("after")
    socket.let_through(2)
    await asyncio.wait_for(finishing, 5)
    assert socket.sent == ["before"]


async def test_a_client_that_is_gone_ends_it_without_a_fuss() -> None:
    socket, overflows = Socket(), list[int]()
    outbox = make(socket, overflows)
    outbox.push("one")
    outbox.push("two")
    socket.gone = True
    socket.let_through(1)
    await finish(outbox)
    outbox.push("three")
    assert socket.sent == [] and (outbox.sent, outbox.failed) == (0, 3)


async def test_a_message_counts_until_the_transport_has_taken_it() -> None:
    socket, overflows = Socket(), list[int]()
    outbox = make(socket, overflows, longest_bytes=25)
    outbox.push("ten bytes0")
    await asyncio.sleep(0)  # it is being sent
    outbox.push("ten bytes1")
    outbox.push("ten bytes2")
    assert overflows == [1]
    outbox.discard()


async def test_it_is_congested_until_most_is_sent() -> None:
    socket, overflows, freed = Socket(), list[int](), list[int]()
    outbox = make(socket, overflows, longest_bytes=160)
    outbox.on_free = lambda: freed.append(len(socket.sent))
    for number in range(4):
        outbox.push(f"ten bytes{number}")
        assert not outbox.is_congested
    outbox.push("ten bytes4")
    assert outbox.is_congested
    socket.let_through(4)
    while len(socket.sent) < 4:
        await asyncio.sleep(0)
    assert outbox.is_congested and freed == []
    socket.let_through(1)
    await finish(outbox)
    assert not outbox.is_congested and freed == [5]


async def test_what_nobody_will_read_is_dropped() -> None:
    socket, overflows = Socket(), list[int]()
    outbox = make(socket, overflows)
    outbox.push("one")
    outbox.discard()
    outbox.push("two")
    await finish(outbox)
    assert socket.sent == [] and not outbox._texts


async def test_while_the_transport_takes_messages_at_once_it_needs_no_task() -> None:
    socket, overflows = Socket(), list[int]()
    outbox = make(socket, overflows)
    socket.let_through(20)
    before = asyncio.all_tasks()
    for number in range(20):
        outbox.push(str(number))
        assert socket.sent[-1] == str(number)
    assert asyncio.all_tasks() == before and outbox.sent == 20


@given(st.lists(st.one_of(st.just("push"), st.just("read"), st.just("turn")), max_size=60))
def test_whatever_the_turns_all_is_sent_once_and_in_order(moves: list[str]) -> None:
    async def run() -> None:
        socket, pushed = Socket(), list[str]()
        outbox = make(socket, [], longest_bytes=1_000_000)
        for number, move in enumerate(moves):
            if move == "push":
                pushed.append(str(number))
                outbox.push(pushed[-1])
            elif move == "read":
                socket.let_through(1)
            else:
                await asyncio.sleep(0)
            assert socket.sent == pushed[: len(socket.sent)]
        socket.let_through(len(pushed) + 1)
        await finish(outbox, "last")
        assert socket.sent == [*pushed, "last"] and outbox.sent == len(pushed) + 1

    asyncio.run(run())


@pytest.mark.parametrize("waits", [False, True])
async def test_a_message_that_cannot_be_sent_is_a_failure(waits: bool) -> None:
    failures = list[Exception]()

    async def fail(text: str) -> None:
        if waits:
            await asyncio.sleep(0)
        raise RuntimeError(text)

    outbox = Outbox(fail, longest_bytes=100, on_overflow=lambda: None, on_failure=failures.append)
    outbox.push("one")
    outbox.push("two")
    await finish(outbox, "last")
    assert [str(failure) for failure in failures] == ["one"] and outbox.sent == 0


async def test_the_send_that_waits_is_told_when_it_is_dropped() -> None:
    told = asyncio.Event()

    async def send(text: str) -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            told.set()
            raise

    outbox = Outbox(send, longest_bytes=100, on_overflow=lambda: None, on_failure=lambda error: None)
    outbox.push("one")
    await asyncio.sleep(0)
    outbox.discard()
    await asyncio.wait_for(told.wait(), 5)
