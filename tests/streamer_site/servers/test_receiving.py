"""Sockets in the middle of large messages are read a few at a time, and in turn."""

import asyncio

from streamer_site.servers.receiving import Receiving

LARGE, SMALL = 1_000_000, 1_000


class Socket:
    def __init__(self) -> None:
        self.holds = 0

    def pause_reading(self) -> None:
        self.holds += 1

    def resume_reading(self) -> None:
        self.holds -= 1


async def test_small_messages_are_always_read() -> None:
    receiving, sockets = Receiving(), [Socket() for _ in range(5)]
    for socket in sockets:
        receiving.note(socket, SMALL)
    assert [socket.holds for socket in sockets] == [0] * 5


async def test_of_many_large_ones_two_are_read_and_the_others_follow() -> None:
    receiving, sockets = Receiving(), [Socket() for _ in range(4)]
    for socket in sockets:
        receiving.note(socket, LARGE)
    assert [socket.holds for socket in sockets] == [0, 0, 1, 1]
    receiving.note(sockets[0], LARGE)
    await asyncio.sleep(0)
    assert [socket.holds for socket in sockets] == [1, 0, 0, 1]
    receiving.note(sockets[1], SMALL)  # its message is whole
    await asyncio.sleep(0)
    assert [socket.holds for socket in sockets] == [1, 0, 0, 0]


async def test_one_that_sends_nothing_keeps_nobody_waiting() -> None:
    receiving, sockets = Receiving(), [Socket() for _ in range(4)]
    for socket in sockets:
        receiving.note(socket, LARGE)
    async with asyncio.timeout(30):
        while any(socket.holds for socket in sockets):
            await asyncio.sleep(0.01)
