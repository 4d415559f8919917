"""The turns of large messages: one process reads them one after the other, whoever sends them.

Reading one can take a tenth of a second, in steps that hold the interpreter. Many at once would hold back every other
socket of the process, and each needs many times its size in memory. Nobody waits for an answer here: it costs about as
much as the reading, so that reading with rests paces the answers too.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Sequence
from typing import Final

from jobs.errors import ErrorBody, ErrorCode, error_body
from realtime.limits.refusals import REFUSALS

MAX_WAITING_BYTES: Final = 64 * 1024 * 1024
"""The most bytes of the messages that wait for their turns. Above, who has most waiting is refused."""
MAX_WAIT_SECONDS: Final = 10.0
"""The time after which a message that waits is refused. Nothing is read from its client meanwhile, no pong either."""
_LEAST_SECONDS_PER_BYTE: Final = 0.005 / (1024 * 1024)
"""The least that a message counts for: the server took that long to receive it, even if it is refused."""
_REST: Final = 4.0
"""After a message, others have this many times as long for themselves as its reading took. Its answer is in it."""

Sender = Sequence[str]


class Refused(Exception):
    """The message is not read. ``error`` is the answer to its sender."""

    def __init__(self) -> None:
        self.error: ErrorBody = error_body(
            ErrorCode.RATE_LIMITED,
            "Too many large messages wait to be read; try again shortly",
            details={"limit": "large_messages", "by": "process"},
            retry_after=MAX_WAIT_SECONDS,
        )
        super().__init__(self.error["message"])
        REFUSALS.count("large_messages", "process")


class LargeMessages:
    """The turns of one process. Senders have them in rotation, each with its oldest message."""

    def __init__(self) -> None:
        # Who had a turn last comes last.
        self._waiting: OrderedDict[Sender, deque[tuple[asyncio.Future[None], int]]] = OrderedDict()
        self._bytes = 0
        self._is_taken = False

    async def take(self, sender: Sender, size_bytes: int) -> None:
        """Wait for the turn of a message, which lasts until ``end``. Raises ``Refused``."""
        if self._is_taken:
            await self._wait(sender, size_bytes)
        self._is_taken = True

    def end(self, size_bytes: int, read_seconds: float) -> None:
        """End the turn of a message, whose reading took so many seconds of the processor. The next follows a rest."""
        seconds = _REST * max(_LEAST_SECONDS_PER_BYTE * size_bytes, read_seconds)
        asyncio.get_running_loop().call_later(seconds, self._hand_on)

    async def _wait(self, sender: Sender, size_bytes: int) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = future, size_bytes
        self._waiting.setdefault(sender, deque()).append(entry)
        self._bytes += size_bytes
        while self._bytes > MAX_WAITING_BYTES:
            self._refuse_one()
        try:
            async with asyncio.timeout(MAX_WAIT_SECONDS):
                await future
        except BaseException as error:
            if entry in self._waiting.get(sender, ()):
                self._remove(sender, entry)
            if future.done() and not future.cancelled() and future.exception() is None:
                self._hand_on()  # its turn came just when it was given up
            if isinstance(error, TimeoutError):
                raise Refused from None
            raise

    def _hand_on(self) -> None:
        while self._waiting:
            sender, entries = next(iter(self._waiting.items()))
            entry = entries[0]
            self._remove(sender, entry)
            if sender in self._waiting:
                self._waiting.move_to_end(sender)
            if not entry[0].done():
                entry[0].set_result(None)
                return
        self._is_taken = False

    def _refuse_one(self) -> None:
        """Refuse the newest message of the sender that has most bytes waiting."""
        sender = max(self._waiting, key=lambda one: sum(size for _, size in self._waiting[one]))
        entry = self._waiting[sender][-1]
        self._remove(sender, entry)
        if not entry[0].done():
            entry[0].set_exception(Refused())

    def _remove(self, sender: Sender, entry: tuple[asyncio.Future[None], int]) -> None:
        entries = self._waiting[sender]
        entries.remove(entry)
        self._bytes -= entry[1]
        if not entries:
            del self._waiting[sender]
