"""Places for work that takes long, given to tenants in turn."""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Turns:
    """A number of places. No tenant takes the last one, and of those who wait each gets one in turn."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._most_each = max(1, places - 1)
        self._taken: Counter[str] = Counter()
        # Tenants in the order of their turns.
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    @asynccontextmanager
    async def place(self, tenant_id: str) -> AsyncIterator[None]:
        """Wait for a place of the tenant, and keep it for the block."""
        await self._take(tenant_id)
        try:
            yield
        finally:
            self._give_back(tenant_id)

    async def _take(self, tenant_id: str) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(tenant_id, deque()).append(turn)
        self._hand_out()
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._give_back(tenant_id)
            raise

    def _give_back(self, tenant_id: str) -> None:
        self._free += 1
        self._taken[tenant_id] -= 1
        if not self._taken[tenant_id]:
            del self._taken[tenant_id]
        self._hand_out()

    def _hand_out(self) -> None:
        while self._free:
            tenant_id = next((one for one in self._waiting if self._taken[one] < self._most_each), None)
            if tenant_id is None:
                return
            turns = self._waiting.pop(tenant_id)
            turn = turns.popleft()
            if turns:
                self._waiting[tenant_id] = turns  # behind all others
            if not turn.cancelled():
                self._free -= 1
                self._taken[tenant_id] += 1
                turn.set_result(None)
