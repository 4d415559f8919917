"""Pings the sockets of a process: one timer serves all of them, and each look is at those alone that are due.

A server's own pings cost a timer for each ping and another for each answer, and Daphne looks at all sockets besides.
"""

import asyncio
import os
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Final, Protocol
from weakref import ref

PAYLOAD_BYTES: Final = 4
_TICK_SECONDS: Final = 1.0
# As many sockets are pinged before others have their turn on the event loop.
_AT_ONCE: Final = 100
_PAUSE_SECONDS: Final = 0.02
_PONG: Final = bytes([0x8A, 0x80 | PAYLOAD_BYTES])
_MASK_BYTES: Final = 4


class Pinged(Protocol):
    """The attributes of a server's socket that are kept here."""

    streamer_ping: bytes | None
    """The content of the ping whose answer is awaited; None without one."""
    streamer_pinged_at: float
    streamer_round_trip: float | None
    """The seconds from the last ping that was answered to its answer; None before the first."""


class Pinger:
    """Sends a ping every ``interval`` seconds, and gives up a socket that has not answered one after ``timeout``.

    ``send`` sends one with the given content, and returns False where the socket is closing or closed.
    """

    def __init__(
        self, *, interval: float, timeout: float, send: Callable[[Any, bytes], bool], give_up: Callable[[Any], object]
    ) -> None:
        self._interval = interval
        self._timeout = timeout
        self._send = send
        self._give_up = give_up
        # In order of time. They keep no socket in memory that has ended.
        self._due: deque[tuple[float, ref[Any]]] = deque()
        self._awaited: deque[tuple[float, bytes, ref[Any]]] = deque()
        self._runs = False

    def add(self, socket: Pinged) -> None:
        """Ping the socket from now on, until it ends."""
        self._due.append((time.monotonic() + self._interval, ref(socket)))
        if not self._runs:
            self._runs = True
            self._call_later(_TICK_SECONDS)

    def _tick(self) -> None:
        now = time.monotonic()
        self._end_silent(now)
        is_more = self._ping_due(now)
        self._runs = bool(self._due or self._awaited)
        if self._runs:
            self._call_later(_PAUSE_SECONDS if is_more else _TICK_SECONDS)

    def _ping_due(self, now: float) -> bool:
        """Ping some of those that are due, and return True if there are more."""
        content = os.urandom(PAYLOAD_BYTES)
        for _ in range(_AT_ONCE):
            if not self._due or self._due[0][0] > now:
                return False
            _, reference = self._due.popleft()
            socket = reference()
            # Another ping would replace the one whose answer is awaited.
            if socket is not None and (socket.streamer_ping is not None or self._ping(socket, content, now, reference)):
                self._due.append((now + self._interval, reference))
        return bool(self._due) and self._due[0][0] <= now

    def _ping(self, socket: Any, content: bytes, now: float, reference: "ref[Any]") -> bool:
        if not self._send(socket, content):
            return False
        socket.streamer_ping, socket.streamer_pinged_at = content, now
        self._awaited.append((now + self._timeout, content, reference))
        return True

    def _end_silent(self, now: float) -> None:
        while self._awaited and self._awaited[0][0] <= now:
            _, content, reference = self._awaited.popleft()
            socket = reference()
            if socket is not None and socket.streamer_ping == content:
                self._give_up(socket)

    def _call_later(self, seconds: float) -> None:
        asyncio.get_running_loop().call_later(seconds, self._tick)


def take_pong(socket: Pinged, content: bytes) -> bool:
    """Note the answer to the ping that is awaited. Return False for any other pong, which leaves it awaited."""
    if socket.streamer_ping is None or content != socket.streamer_ping:
        return False
    socket.streamer_round_trip = time.monotonic() - socket.streamer_pinged_at
    socket.streamer_ping = None
    return True


def unanswered_seconds(socket: Pinged) -> float:
    """Return the time since a ping that was not answered yet; 0 without one."""
    return 0.0 if socket.streamer_ping is None else time.monotonic() - socket.streamer_pinged_at


def ping_frame(content: bytes) -> bytes:
    return bytes([0x89, len(content)]) + content


def pong_in(data: bytes) -> bytes | None:
    """Return the content of ``data`` that are one pong of a client and nothing else, as long as our pings are."""
    if len(data) != len(_PONG) + _MASK_BYTES + PAYLOAD_BYTES or data[:2] != _PONG:
        return None
    mask, masked = int.from_bytes(data[2:6], "big"), int.from_bytes(data[6:], "big")
    return (mask ^ masked).to_bytes(PAYLOAD_BYTES, "big")


def wire_size(content_bytes: int) -> int:
    """Return the bytes of a client's frame with that content, as RFC 6455 wants them: the shortest way to say both."""
    length = 0 if content_bytes < 126 else 2 if content_bytes < 65_536 else 8
    return len(_PONG) + length + _MASK_BYTES + content_bytes
