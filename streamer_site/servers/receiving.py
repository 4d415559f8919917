"""Turns for sockets that are in the middle of a large message: in one round of the loop, few of them are read.

A server reads all that have sent something in each round, up to 256 KiB of each. With fifty of them, a round takes a
tenth of a second, and an answer to anybody else takes several.
"""

import asyncio
from collections import deque
from functools import cache
from typing import Final, Protocol

from realtime.socket.reading import LARGE_CHARACTERS

_AT_ONCE: Final = 2
# A socket that has its turn and sends nothing gives it up.
_SILENT_SECONDS: Final = 0.05


class Read(Protocol):
    """A socket that can be read or not."""

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


class Receiving:
    """The turns of one process."""

    def __init__(self) -> None:
        self._reading: dict[Read, asyncio.TimerHandle] = {}
        self._waiting: deque[Read] = deque()

    def note(self, socket: Read, unread_bytes: int) -> None:
        """Note that ``socket`` has sent a piece of a message, of which ``unread_bytes`` are there. Its turn is over."""
        self._end(socket)
        if unread_bytes <= LARGE_CHARACTERS or socket in self._waiting:
            return
        if len(self._reading) < _AT_ONCE and not self._waiting:
            self._begin(socket)
        else:
            socket.pause_reading()
            self._waiting.append(socket)

    def _begin(self, socket: Read) -> None:
        self._reading[socket] = asyncio.get_running_loop().call_later(_SILENT_SECONDS, self._end, socket)

    def _end(self, socket: Read) -> None:
        timer = self._reading.pop(socket, None)
        if timer is not None:
            timer.cancel()
            asyncio.get_running_loop().call_soon(self._go_on)

    def _go_on(self) -> None:
        while self._waiting and len(self._reading) < _AT_ONCE:
            socket = self._waiting.popleft()
            self._begin(socket)
            socket.resume_reading()


@cache
def receiving() -> Receiving:
    """Return the turns of this process, which has one event loop."""
    return Receiving()
