"""The bound on events that came over HTTP and that the application has not taken."""

import asyncio
from collections import deque

MAX_MESSAGES = 256


class Window:
    """Has the readers of streams wait while too much is on its way. Then the service waits, too."""

    def __init__(self) -> None:
        self._out: dict[str, deque[int]] = {}
        self._count = 0
        self._room = asyncio.Event()
        self._room.set()

    async def admit(self, request_id: str, seq: int) -> None:
        await self._room.wait()
        self._out.setdefault(request_id, deque()).append(seq)
        self._recount(1)

    def received(self, request_id: str, seq: int) -> None:
        """Note that the application has taken the events of a request up to ``seq``."""
        out = self._out.get(request_id, deque())
        while out and out[0] <= seq:
            out.popleft()
            self._recount(-1)

    def forget(self, request_id: str) -> None:
        self._recount(-len(self._out.pop(request_id, ())))

    def _recount(self, change: int) -> None:
        self._count += change
        if self._count < MAX_MESSAGES:
            self._room.set()
        else:
            self._room.clear()
