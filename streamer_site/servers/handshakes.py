"""Refuses handshakes from an address that connects too fast, before the server makes a socket of them.

Such a refusal is an HTTP answer, which costs a fraction of an accept with its last messages. And it comes a second
late, so that a client that tries again at once does so about once a second on each of its connections.
"""

import asyncio
import math
import random
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

import msgspec

from jobs.errors import ErrorCode, error_body
from realtime.limits.addresses import client_address
from realtime.refusals.log import log_refusal
from realtime.shared import limits

HOLD_SECONDS: Final = 1.0
"""The median of the time for which a refusal waits."""
MAX_HELD: Final = 256
"""The most refusals of a process that wait. Others go out at once, because each holds a connection open."""
_TEXT: Final = "Too many connections were opened in a short time"


def refusal_of(headers: Iterable[tuple[bytes, bytes]], client: Sequence[Any] | None) -> bytes | None:
    """Return the HTTP answer to a handshake that comes too fast. None: it may go on.

    ``headers`` and ``client`` are those of an ASGI scope. Call it on the event loop, once for each handshake.
    """
    address = client_address({"headers": headers, "client": client})
    seconds = limits().connects.turns_away(address)
    if not seconds:
        return None
    log_refusal("Connection refused", reason="connect_rate", address=address)
    error = error_body(ErrorCode.RATE_LIMITED, _TEXT, retry_after=round(seconds, 1))
    body = msgspec.json.encode({"error": error})
    head = (
        "HTTP/1.1 429 Too Many Requests\r\nConnection: close\r\nCache-Control: no-store\r\n"
        f"Retry-After: {math.ceil(seconds)}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Holding:
    """The refusals of one process that wait for their time."""

    def __init__(self) -> None:
        self._held = 0

    def answer_later(self, answer: Callable[[], None]) -> None:
        """Call ``answer`` in about a second, or at once when many wait already."""
        if self._held >= MAX_HELD:
            answer()
            return
        self._held += 1
        # Those that came together must not go out together, or all would be back in the same moment.
        seconds = HOLD_SECONDS * random.uniform(0.5, 1.5)
        asyncio.get_running_loop().call_later(seconds, self._answer, answer)

    def _answer(self, answer: Callable[[], None]) -> None:
        self._held -= 1
        answer()


class Turns:
    """The turns of the event loop, each of which takes one handshake of the process.

    Hundreds that come together would else be worked on in one turn, for which all open sockets wait.
    """

    def __init__(self) -> None:
        self._waiting: deque[Callable[[], object]] = deque()
        self._is_taken = False

    def take(self, work: Callable[[], object]) -> None:
        """Call ``work`` now, or in a later turn if this one is taken."""
        if self._is_taken:
            self._waiting.append(work)
            return
        self._is_taken = True
        self._call_soon()
        work()

    def _next(self) -> None:
        if self._waiting:
            self._call_soon()
            self._waiting.popleft()()
        else:
            self._is_taken = False

    def _call_soon(self) -> None:
        asyncio.get_running_loop().call_soon(self._next)
