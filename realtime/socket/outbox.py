"""The outbox of one connection: its unsent messages, bounded and in order. It makes nobody else wait."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from realtime.wire.protocol import wire_bytes

SendText = Callable[[str], Awaitable[None]]


class Outbox:
    """An outbox. ``push`` never waits; one task sends. Above the limit it calls ``on_overflow`` once and closes."""

    def __init__(self, send: SendText, *, longest_bytes: int, on_overflow: Callable[[], None]) -> None:
        self._send = send
        self._longest_bytes = longest_bytes
        self._on_overflow = on_overflow
        self._texts: deque[str] = deque()
        self._bytes = 0
        self._waiting = asyncio.Event()
        self._closed = False
        self._overflowed = False
        self.sent = 0
        self.finished = asyncio.Event()

    def push(self, text: str) -> None:
        if self._closed or self._overflowed:
            return
        size = wire_bytes(text)
        if self._bytes + size > self._longest_bytes and self._texts:
            self._overflowed = True
            self._on_overflow()
            return
        self._texts.append(text)
        self._bytes += size
        self._waiting.set()

    def close(self, last: str | None = None) -> None:
        """Take only ``last`` more, and set ``finished`` once all is sent. After an overflow only ``last`` is sent."""
        self._closed = True
        if last is not None:
            if self._overflowed:
                self._texts.clear()
            self._texts.append(last)
        self._waiting.set()

    async def run(self) -> None:
        try:
            await self._send_all()
        finally:
            self.finished.set()

    async def _send_all(self) -> None:
        while self._texts or not self._closed:
            if not self._texts:
                self._waiting.clear()
                await self._waiting.wait()
                continue
            text = self._texts.popleft()
            self._bytes -= wire_bytes(text)
            try:
                await self._send(text)
            except OSError:  # the client is gone, which the receive loop will learn
                self._closed = True
                return
            self.sent += 1
