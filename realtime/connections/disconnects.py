"""The requests that are cancelled with their connection, as their client wished: ``on_disconnect``."""

import asyncio
import logging
from collections.abc import Callable

from django.db.models import Q

from jobs.repeats import REPEATS
from jobs.requests.cancellation import cancel_on_disconnect
from realtime.connections.open_connection import OpenConnection
from realtime.database import in_database

logger = logging.getLogger(__name__)

RETRY_SECONDS = 1.0


class Disconnects:
    """The cancels of one process for connections that have ended. Used on the event loop alone."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[int]] = set()

    def begin(self, connection: OpenConnection, then: Callable[[OpenConnection], object]) -> asyncio.Task[int]:
        """Cancel the requests of an ended connection, and call ``then`` once they are.

        The task returns their number. It tries again while the database is away.
        """
        task = asyncio.get_running_loop().create_task(self._cancel(connection, then))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def finish(self, seconds: float) -> None:
        """Wait for what goes on."""
        if self._tasks:
            await asyncio.wait(set(self._tasks), timeout=seconds)

    async def _cancel(self, connection: OpenConnection, then: Callable[[OpenConnection], object]) -> int:
        # What is with the writer may still be stored, and would be missed.
        await asyncio.gather(*map(asyncio.wrap_future, tuple(connection.in_flight)), return_exceptions=True)
        while True:
            try:
                count: int = await in_database(cancel_on_disconnect, Q(connection_id=connection.id))
            except Exception as error:
                logger.warning(
                    "The requests of an ended connection are not cancelled for now: %s", error, extra=REPEATS
                )
                await asyncio.sleep(RETRY_SECONDS)
            else:
                then(connection)
                return count
