"""The open sockets of this process, and their rows in the database.

Rows are written about once a second, apart from the sockets' own work, so connections open and close even while the
database is away. A failed write is tried again.
"""

import asyncio
import logging
import uuid

from django.utils import timezone

from realtime.connections.open_connection import OpenConnection
from realtime.connections.rows import revoked_here, write_rows
from realtime.database import in_database
from realtime.wire.close_codes import CloseCode

logger = logging.getLogger(__name__)

WRITE_SECONDS = 1.0
SEEN_SECONDS = 10.0


class Registry:
    """The registry of the open sockets of this process. It keeps their rows. Used on the event loop alone."""

    def __init__(self) -> None:
        self.open: dict[uuid.UUID, OpenConnection] = {}
        self._new: list[OpenConnection] = []
        self._closed: list[OpenConnection] = []
        self._seen_at = 0.0
        self._task: asyncio.Task[None] | None = None

    def add(self, connection: OpenConnection) -> None:
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._keep_writing())
        self.open[connection.id] = connection
        self._new.append(connection)

    def remove(self, connection: OpenConnection, code: int | None, reason: str) -> None:
        connection.closed_at = timezone.now()
        connection.close_code, connection.close_reason = code, reason[:64]
        self.open.pop(connection.id, None)
        self._closed.append(connection)

    async def _keep_writing(self) -> None:
        while True:
            await asyncio.sleep(WRITE_SECONDS)
            try:
                await self.write()
            except Exception:
                logger.exception("The rows of %d connections could not be written", len(self.open))

    async def write(self) -> None:
        """Update the rows. Close connections above a user's limit, and those that an operator wants closed."""
        new, self._new = self._new, []
        closed, self._closed = self._closed, []
        now = asyncio.get_running_loop().time()
        seen = now - self._seen_at >= SEEN_SECONDS
        try:
            crowded = await in_database(write_rows, new, closed, list(self.open.values()) if seen else [])
            revoked = await in_database(revoked_here) if self.open else []
        except Exception:
            self._new, self._closed = new + self._new, closed + self._closed
            raise
        if seen:
            self._seen_at = now
        for owner, surplus in crowded.items():
            self._close_newest(owner, surplus, new)
        for connection_id in revoked:
            if connection := self.open.get(connection_id):
                connection.close(CloseCode.REVOKED)

    def _close_newest(self, owner: tuple[str, str], surplus: int, new: list[OpenConnection]) -> None:
        own = [
            item for item in new if (item.identity.tenant_id, item.identity.user_id) == owner and item.id in self.open
        ]
        for connection in own[-surplus:]:
            connection.close(CloseCode.CONNECTION_LIMIT)
