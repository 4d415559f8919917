"""The board of a load: all drivers note on it what they sent and heard, and when."""

import asyncio
import time
from typing import Any


class Noted:
    """The times of one request, in seconds of the machine's clock; 0 means not yet."""

    __slots__ = ("acknowledged", "ended", "first", "is_over", "sent", "updates")

    def __init__(self) -> None:
        self.sent = self.acknowledged = self.first = self.ended = 0.0
        self.updates = 0
        self.is_over = False


class Board:
    """All requests of one load. Clocks are those of one machine, so a worker's time can be compared with ours.

    A request is over when it has ended and is acknowledged, in whatever order its client hears of that, or has failed.
    What comes for a request that is forgotten is not noted.
    """

    def __init__(self) -> None:
        self.requests: dict[str, Noted] = {}
        self.latencies_ms: list[float] = []
        self.faults: list[str] = []
        self._waiting: dict[str, asyncio.Event] = {}
        self._left = 0
        self._all_over = asyncio.Event()

    def sent(self, key: str) -> None:
        self.requests[key] = noted = Noted()
        noted.sent = time.time()
        self._left += 1
        self._all_over.clear()

    def acknowledged(self, key: str) -> None:
        if noted := self.requests.get(key):
            noted.acknowledged = noted.acknowledged or time.time()
            self._note_over(key, noted)

    def progressed(self, key: str, sent_at: float) -> None:
        if noted := self.requests.get(key):
            now = time.time()
            noted.first = noted.first or now
            noted.updates += 1
            self.latencies_ms.append(1000 * (now - sent_at))

    def ended(self, key: str) -> None:
        if noted := self.requests.get(key):
            if noted.ended:
                self.failed(f"{key} ended twice")
            noted.ended = noted.ended or time.time()
            self._note_over(key, noted)

    def failed(self, fault: str, key: str | None = None) -> None:
        """Note a message that should not have come, such as an error. It ends the request ``key``, if there is one."""
        self.faults.append(fault)
        if key and (noted := self.requests.get(key)):
            self._note_over(key, noted, failed=True)

    def forget(self) -> None:
        """Begin anew, after a load that only warmed up. Faults stay."""
        self.requests.clear()
        self.latencies_ms.clear()

    async def wait_for(self, key: str) -> None:
        if not self.requests[key].is_over:
            self._waiting[key] = asyncio.Event()
            await self._waiting[key].wait()
            del self._waiting[key]

    async def wait_for_all(self) -> None:
        if self._left:
            await self._all_over.wait()

    def result(self) -> dict[str, Any]:
        """Return all that was noted, as JSON can tell it."""
        return {
            "requests": [
                [noted.sent, noted.acknowledged, noted.first, noted.ended, noted.updates]
                for noted in self.requests.values()
            ],
            "latencies_ms": self.latencies_ms,
            "faults": self.faults[:20],
        }

    def _note_over(self, key: str, noted: Noted, *, failed: bool = False) -> None:
        if noted.is_over or not (failed or (noted.acknowledged and noted.ended)):
            return
        noted.is_over = True
        self._left -= 1
        if key in self._waiting:
            self._waiting[key].set()
        if not self._left:
            self._all_over.set()
