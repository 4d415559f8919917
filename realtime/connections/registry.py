"""The open sockets of this process, and their rows in the database.

Rows are written about once a second, apart from the sockets' own work, so connections open and close even while the
database is away. A failed write is tried again. A socket that is idle costs no statement: the process shows that it
lives, and counters are written once a minute where they have changed.
"""

import asyncio
import logging
import uuid
from collections.abc import Callable
from datetime import datetime
from functools import partial

from django.utils import timezone

from jobs.metrics.counters import Counter
from realtime import sessions
from realtime.connections.counting import flush_once, keep_flushing
from realtime.connections.disconnects import Disconnects
from realtime.connections.open_connection import OpenConnection
from realtime.connections.open_streams import OpenStreams
from realtime.connections.orders.owners import Owners
from realtime.connections.orders.receiver import Orders
from realtime.connections.processes import BEAT_SECONDS, beat, end, note_drain
from realtime.connections.rows import revoked_here, write_rows
from realtime.connections.validity.revocation_watch import RevocationWatch
from realtime.connections.validity.session_watch import SessionWatch
from realtime.database import in_database
from realtime.revocations.table import TABLE
from realtime.wire.close_codes import CloseCode

logger = logging.getLogger(__name__)

WRITE_SECONDS = 1.0
COUNT_SECONDS = 60.0
_OPENED = Counter("streamer_connections_opened", "Sockets that were let in.")


class Registry:
    """The registry of the open sockets of this process. It keeps their rows. Used on the event loop alone."""

    def __init__(self) -> None:
        self.open: dict[uuid.UUID, OpenConnection] = {}
        self.streams = OpenStreams(self._start)
        self._by_owner = Owners()
        self._new: list[OpenConnection] = []
        self._closed: list[OpenConnection] = []
        self._started_at = timezone.now()
        self._beat_at: float | None = None
        self._counted_at = 0.0
        self._has_ended = False
        self._disconnects = Disconnects()
        # Held while rows are written: they are in none of the lists then.
        self._writing = asyncio.Lock()
        # Others took this process for dead, and have closed the rows of its open connections.
        self._was_given_up = False
        self._tasks: list[asyncio.Task[None]] = []
        self.on_drain: Callable[[], None] = lambda: None
        """Called when somebody orders the drain of this process."""

    def add(self, connection: OpenConnection) -> None:
        self._start()
        self.open[connection.id] = connection
        _OPENED.count()
        self._by_owner.add(connection)
        self._new.append(connection)
        # The token may have been revoked since the handshake looked, when the watch did not see this connection.
        if TABLE.cutoffs.is_void(connection.identity):
            connection.close(CloseCode.REVOKED)

    def _start(self) -> None:
        if not self._tasks:
            loop = asyncio.get_running_loop()
            orders = Orders(self.open, self._by_owner, lambda: self.on_drain())
            watch = RevocationWatch(self.open, self.streams.open)
            work = [self._keep_writing(), orders.run(), watch.run(), keep_flushing()]
            if sessions.are_on():
                work.append(SessionWatch(self.open, self.streams.open).run())
            self._tasks = [loop.create_task(one) for one in work]

    def remove(
        self, connection: OpenConnection, code: int | None, reason: str, *, cancels: bool = False
    ) -> asyncio.Task[int] | None:
        """Take the connection out. With ``cancels``, cancel its requests that end with it.

        Return the task that counts them; None where there is nothing to cancel.
        """
        # Until its row is written, it must not keep the parts of its socket in memory.
        connection.let_go()
        self.open.pop(connection.id, None)
        self._by_owner.remove(connection)
        note_closed = partial(self._note_closed, timezone.now(), code, reason)
        if not cancels or not connection.ends_requests:
            note_closed(connection)
            return None
        # Its row stays open until then: if this process dies before, the sweeper finds it and cancels.
        return self._disconnects.begin(connection, note_closed)

    def _note_closed(self, ended_at: datetime, code: int | None, reason: str, connection: OpenConnection) -> None:
        connection.closed_at = ended_at
        connection.close_code, connection.close_reason = code, reason[:64]
        self._closed.append(connection)

    async def _keep_writing(self) -> None:
        while True:
            await asyncio.sleep(WRITE_SECONDS)
            try:
                await self.write()
            except Exception:
                logger.exception("The rows of %d connections could not be written", len(self.open))

    async def write(self) -> None:
        """Update the rows. Close connections above a user's limit, and those that an operator wants closed.

        A write that goes on is waited for, so that all that happened before is written when this returns.
        """
        async with self._writing:
            await self._write()

    async def _write(self) -> None:
        await self._beat()
        new, self._new = self._new, []
        closed, self._closed = self._closed, []
        now = asyncio.get_running_loop().time()
        is_count_due = now - self._counted_at >= COUNT_SECONDS
        counted = [item for item in self.open.values() if self._was_given_up or (is_count_due and not item.is_counted)]
        try:
            still_open = [item for item in new if item.id in self.open]
            crowded = await in_database(write_rows, [*new, *closed, *counted], still_open)
            revoked = await in_database(revoked_here) if self.open else []
        except Exception:
            self._new, self._closed = new + self._new, closed + self._closed
            raise
        self._was_given_up = False
        if is_count_due:
            self._counted_at = now
        for owner, surplus in crowded.items():
            self._close_newest(owner, surplus, new)
        for connection_id in revoked:
            if connection := self.open.get(connection_id):
                connection.close(CloseCode.REVOKED)

    async def begin_drain(self) -> None:
        """Note that the clients are asked to come back."""
        await in_database(note_drain, self._started_at, len(self.open))

    async def end(self) -> None:
        """Write the last rows, and that this process stops. What it leaves open, the sweeper closes."""
        await self._disconnects.finish(WRITE_SECONDS)
        await self.write()
        self._has_ended = True
        await in_database(end, len(self.open))
        await flush_once()

    async def _beat(self) -> None:
        """Show that the process lives, if it is time."""
        now = asyncio.get_running_loop().time()
        if self._has_ended or (self._beat_at is not None and now - self._beat_at < BEAT_SECONDS):
            return
        was_alive = await in_database(beat, self._started_at, len(self.open))
        self._was_given_up |= self._beat_at is not None and not was_alive
        self._beat_at = now

    def _close_newest(self, owner: tuple[str, str], surplus: int, new: list[OpenConnection]) -> None:
        own = [
            item for item in new if (item.identity.tenant_id, item.identity.user_id) == owner and item.id in self.open
        ]
        for connection in own[-surplus:]:
            connection.close(CloseCode.CONNECTION_LIMIT)
