"""Waiting on the event loop for what the conversation changes."""

import asyncio
from collections.abc import Callable

from streamer_client.core.ticket import Ticket


class Waiter:
    """Wakes whoever awaits it at each change of a ticket. Several may wait."""

    def __init__(self, ticket: Ticket) -> None:
        self._changed = asyncio.Event()
        ticket.on_change = self._changed.set

    async def until(self, is_so: Callable[[], bool]) -> None:
        while not is_so():
            self._changed.clear()
            await self._changed.wait()

    def wake(self) -> None:
        self._changed.set()
