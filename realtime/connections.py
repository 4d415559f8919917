"""The open sockets of this process, and their rows in the database.

Rows are written about once a second, off the path of every socket: a connection opens and closes just the same when
the database is away. What could not be written is tried again.
"""

import asyncio
import logging
import uuid
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone

from jobs.sweeper.rules import BATCH, Rule
from realtime.auth import Identity
from realtime.close_codes import CloseCode
from realtime.database import in_database
from realtime.models import Connection

logger = logging.getLogger(__name__)

WRITE_SECONDS = 1.0
SEEN_SECONDS = 10.0
# A process that has not shown its connections for this long is taken for dead.
SILENCE = timedelta(seconds=45)


@dataclass(kw_only=True, eq=False)
class OpenConnection:
    """One open socket. ``close`` asks its consumer to say goodbye and end it."""

    identity: Identity
    address: str
    user_agent: str
    close: Callable[[CloseCode], None]
    id: uuid.UUID = field(default_factory=uuid.uuid4)
    connected_at: datetime = field(default_factory=timezone.now)
    messages_in: int = 0
    messages_out: int = 0
    closed_at: datetime | None = None
    close_code: int | None = None
    close_reason: str = ""

    identity_changed: asyncio.Event = field(default_factory=asyncio.Event)

    def take_identity(self, identity: Identity) -> None:
        """A fresh token of the same user: its permissions and its expiry hold from now on."""
        self.identity = identity
        self.identity_changed.set()

    def row(self) -> Connection:
        return Connection(
            id=self.id,
            tenant_id=self.identity.tenant_id,
            user_id=self.identity.user_id,
            permissions=sorted(self.identity.permissions),
            address=self.address,
            user_agent=self.user_agent.replace("\x00", "")[:255],
            server=settings.STREAMER_SERVER_ID,
            connected_at=self.connected_at,
            last_seen_at=timezone.now(),
            messages_in=self.messages_in,
            messages_out=self.messages_out,
            closed_at=self.closed_at,
            close_code=self.close_code,
            close_reason=self.close_reason,
        )


class Registry:
    """Knows every open socket of this process and keeps their rows. Used on the event loop alone."""

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
        """Bring the rows up to date; close what is too many for a user, and what an operator wants closed."""
        new, self._new = self._new, []
        closed, self._closed = self._closed, []
        now = asyncio.get_running_loop().time()
        seen = now - self._seen_at >= SEEN_SECONDS
        try:
            crowded = await in_database(_write_rows, new, closed, list(self.open.values()) if seen else [])
            revoked = await in_database(_revoked_here) if self.open else []
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


def _write_rows(
    new: list[OpenConnection], closed: list[OpenConnection], seen: list[OpenConnection]
) -> dict[tuple[str, str], int]:
    """Insert, close, refresh; then, for the users of the new ones, how many connections are too many."""
    Connection.objects.bulk_create([item.row() for item in new], ignore_conflicts=True)
    # What is open is said to be so: a sweeper that missed this process for a while has closed its rows.
    columns = ["messages_in", "messages_out", "last_seen_at", "closed_at", "close_code", "close_reason"]
    for items in (closed, seen):
        if items:
            Connection.objects.bulk_update([item.row() for item in items], columns, batch_size=200)
    return _crowded({(item.identity.tenant_id, item.identity.user_id) for item in new})


def _revoked_here() -> list[uuid.UUID]:
    rows = Connection.objects.filter(server=settings.STREAMER_SERVER_ID, closed_at=None, revoked_at__isnull=False)
    return list(rows.values_list("id", flat=True))


def revoke(rows: QuerySet[Connection]) -> int:
    """Have those that are open ended by their web processes, within seconds; how many there are."""
    return rows.filter(closed_at=None, revoked_at=None).update(revoked_at=timezone.now())


def _crowded(owners: set[tuple[str, str]]) -> dict[tuple[str, str], int]:
    if not owners:
        return {}
    wanted = Q()
    for tenant_id, user_id in owners:
        wanted |= Q(tenant_id=tenant_id, user_id=user_id)
    rows = Connection.objects.filter(wanted, closed_at=None, last_seen_at__gt=timezone.now() - SILENCE)
    counts: dict[tuple[str, str], int] = defaultdict(int)
    for tenant_id, user_id, count in rows.values_list("tenant_id", "user_id").annotate(n=Count("id")).order_by():
        counts[tenant_id, user_id] = count - settings.STREAMER_MAX_CONNECTIONS_PER_USER
    return {owner: surplus for owner, surplus in counts.items() if surplus > 0}


def close_dead_connections(now: datetime) -> int:
    """Close the rows whose web process has died: it cannot do so any more."""
    dead = Connection.objects.filter(closed_at=None, last_seen_at__lt=now - SILENCE)
    return dead.update(closed_at=F("last_seen_at"), close_reason="server_lost")


def delete_old_connections(now: datetime) -> int:
    """Closed ones past their retention; nothing refers to them."""
    old = Connection.objects.filter(closed_at__lt=now - timedelta(days=settings.STREAMER_RETENTION_DAYS))
    deleted, _ = Connection.objects.filter(id__in=list(old.order_by().values_list("id", flat=True)[:BATCH])).delete()
    return deleted


SWEEP_RULES = (
    Rule(name="dead connections", sweep=close_dead_connections),
    Rule(name="old connections", sweep=delete_old_connections),
)
