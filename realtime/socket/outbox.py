"""The outbox of one connection: its unsent messages, bounded and in order. It makes nobody else wait.

While the transport takes messages at once, each is handed over as it is pushed. A task sends only for a client that
reads slowly, so an idle socket has none.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from typing import Any

from jobs.metrics.counters import Counter
from realtime.wire.protocol import type_of, wire_bytes

_SENT = Counter("streamer_messages_sent", "Messages that were handed to the transports of sockets.", "type")
_SENT_BYTES = Counter("streamer_sent_bytes", "Bytes of these messages.")

SendText = Callable[[str], Coroutine[Any, Any, None]]
# Shares of the limit at which ``is_congested`` begins and ends.
_CONGESTED, _FREE = 1 / 4, 1 / 16


class Outbox:
    """An outbox. ``push`` never waits. Above the limit it calls ``on_overflow`` once and closes.

    A message counts until it was handed to the transport, which takes one only while little waits in it. ``on_failure``
    gets the error of a message that could not be sent, unless the client is gone: the receive loop learns of that.
    """

    def __init__(
        self,
        send: SendText,
        *,
        longest_bytes: int,
        on_overflow: Callable[[], None],
        on_failure: Callable[[Exception], None],
    ) -> None:
        self._send = send
        self._longest_bytes = longest_bytes
        self._on_overflow = on_overflow
        self._on_failure = on_failure
        self._texts: deque[str] = deque()
        self._bytes = 0
        self._is_sending = False
        self._task: asyncio.Task[None] | None = None
        self._closed = False
        self._overflowed = False
        self.sent = 0
        self.sent_bytes = 0
        self.failed = 0
        """The messages that could not be sent, or came when no more were taken."""
        self.is_congested = False
        """True: much waits, so only what cannot be had later should be pushed."""
        self.on_free: Callable[[], object] = lambda: None
        """Called when ``is_congested`` becomes false."""

    @property
    def waiting_bytes(self) -> int:
        return self._bytes

    def push(self, text: str) -> None:
        if self._closed or self._overflowed:
            self.failed += 1
            return
        size = wire_bytes(text)
        if self._bytes + size > self._longest_bytes and self._bytes:
            self._overflowed = True
            self.failed += 1
            self._on_overflow()
            return
        self._texts.append(text)
        self._bytes += size
        if not self._is_sending:
            self._send_at_once()
        self.is_congested = self.is_congested or self._bytes > self._longest_bytes * _CONGESTED

    async def finish(self, last: str | None = None) -> None:
        """Take only ``last`` more, and wait until all is sent. After an overflow only ``last`` is sent."""
        was_closed, self._closed = self._closed, True
        if last is not None and not was_closed:
            if self._overflowed:
                self._texts.clear()
            self._texts.append(last)
            if not self._is_sending:
                self._send_at_once()
        if self._task is not None:
            await asyncio.wait({self._task})

    def discard(self) -> None:
        """Drop what waits, because the connection has ended."""
        self._closed = True
        self._texts.clear()
        # A cancelled task keeps its error, whose frames refer to this outbox.
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
        # Who still holds this outbox must not hold the server's parts of the socket.
        self._send, self._on_overflow, self._on_failure, self.on_free = _gone, _ignore, _ignore, _ignore

    def _send_at_once(self) -> None:
        """Send all that the transport takes without waiting. A task sends the rest."""
        self._is_sending = True
        while self._texts:
            text = self._texts.popleft()
            sending = self._send(text)
            try:
                awaited = sending.send(None)
            except StopIteration:
                self._note_sent(text)
            except Exception as error:
                self._fail(error)
            else:
                work = self._send_later(text, _Begun(sending, awaited))
                self._task = asyncio.get_running_loop().create_task(work)
                return
        self._is_sending = False

    async def _send_later(self, text: str, begun: "_Begun") -> None:
        try:
            await begun
            self._note_sent(text)
            while self._texts:
                text = self._texts.popleft()
                await self._send(text)
                self._note_sent(text)
        except Exception as error:
            self._fail(error)
        self._is_sending = False
        self._task = None

    def _note_sent(self, text: str) -> None:
        size = wire_bytes(text)
        self._bytes -= size
        self.sent += 1
        self.sent_bytes += size
        _SENT.count(type_of(text))
        _SENT_BYTES.count(by=size)
        if self.is_congested and self._bytes < self._longest_bytes * _FREE:
            self.is_congested = False
            self.on_free()

    def _fail(self, error: Exception) -> None:
        self._closed = True
        self.failed += 1 + len(self._texts)
        self._texts.clear()
        if not isinstance(error, OSError):
            self._on_failure(error)


async def _gone(text: str) -> None:
    raise ConnectionError("the socket is closed")


def _ignore(*_: object) -> None:
    """Tell nobody, because the connection has ended."""


class _Begun:
    """The rest of a coroutine that has run up to its first wait, for a task to await. ``awaited`` is what it waits for.

    A task finishes what was begun outside of it: it waits for the same future, and hands the outcome on.
    """

    def __init__(self, coroutine: Coroutine[Any, Any, None], awaited: Any) -> None:
        self._coroutine = coroutine
        self._awaited = awaited

    def __await__(self) -> Generator[Any, Any, None]:
        awaited = self._awaited
        try:
            while True:
                try:
                    value = yield awaited
                except GeneratorExit:
                    self._coroutine.close()
                    raise
                except BaseException as error:
                    awaited = self._coroutine.throw(error)
                else:
                    awaited = self._coroutine.send(value)
        except StopIteration:
            return
