import asyncio

import pytest

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


def make(socket: Socket, overflows: list[int], longest_bytes: int = 100) -> Outbox:
    return Outbox(socket.send, longest_bytes=longest_bytes, on_overflow=lambda: overflows.append(1))


async def finish(outbox: Outbox) -> None:
    outbox.close()
    await asyncio.wait_for(outbox.run(), 5)


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
    running = asyncio.ensure_future(outbox.run())
    for number in range(10):
        outbox.push(str(number))
        socket.let_through(1)
        await asyncio.sleep(0)
    outbox.close()
    await asyncio.wait_for(running, 5)
    assert socket.sent == [str(number) for number in range(10)]


async def test_past_the_bound_it_says_so_once_and_takes_nothing_more() -> None:
    socket, overflows = Socket(), list[int]()
    outbox = make(socket, overflows, longest_bytes=25)
    for number in range(10):
        outbox.push(f"ten bytes{number}")
    assert overflows == [1]
    socket.let_through(10)
    await finish(outbox)
    assert socket.sent == ["ten bytes0", "ten bytes1"]


async def test_what_was_sent_makes_room() -> None:
    socket, overflows = Socket(), list[int]()
    outbox = make(socket, overflows, longest_bytes=25)
    running = asyncio.ensure_future(outbox.run())
    for number in range(50):
        outbox.push(f"ten bytes{number % 10}")
        socket.let_through(1)
        while len(socket.sent) <= number:
            await asyncio.sleep(0)
    outbox.close()
    await asyncio.wait_for(running, 5)
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
    outbox.close()
    outbox.push("after")
    socket.let_through(2)
    await asyncio.wait_for(outbox.run(), 5)
    assert socket.sent == ["before"]


async def test_a_client_that_is_gone_ends_it_without_a_fuss() -> None:
    socket, overflows = Socket(), list[int]()
    outbox = make(socket, overflows)
    outbox.push("one")
    outbox.push("two")
    socket.gone = True
    socket.let_through(1)
    await asyncio.wait_for(outbox.run(), 5)
    outbox.push("three")
    assert socket.sent == [] and outbox.sent == 0
