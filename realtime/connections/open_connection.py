"""One open socket of this process, with the values for its row in the database."""

import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from django.conf import settings
from django.utils import timezone

from jobs.errors import ErrorBody
from realtime.auth import Identity
from realtime.connections.process_groups import new_connection_id
from realtime.connections.refused_messages import RefusedMessages
from realtime.wire.close_codes import CloseCode


class Outgoing(Protocol):
    """The messages that wait for the client of one socket."""

    sent: int
    failed: int
    """The messages that could not be sent."""

    @property
    def waiting_bytes(self) -> int: ...

    def push(self, text: str) -> None:
        """Send an encoded message, or have it wait. Returns at once."""


class Pinged(Protocol):
    """The server's side of a socket, which pings the client."""

    @property
    def round_trip_seconds(self) -> float | None:
        """The time from the last ping that was answered to its answer; None before the first."""

    @property
    def unanswered_seconds(self) -> float:
        """The time since a ping that was not answered yet; 0 without one."""


@dataclass(kw_only=True, eq=False)
class OpenConnection:
    """One open socket. ``close`` asks its consumer to send a last message and close it."""

    identity: Identity
    address: str
    user_agent: str
    close: Callable[[CloseCode], None]
    outbox: Outgoing | None = None
    """None: there is no socket, or no longer."""
    transport: Pinged | None = None
    id: uuid.UUID = field(default_factory=new_connection_id)
    connected_at: datetime = field(default_factory=timezone.now)
    messages_in: int = 0
    messages_out: int = 0
    bytes_in: int = 0
    ends_requests: bool = False
    """True: requests came over it that are to end with it."""
    in_flight: set[Future[Any]] = field(default_factory=set)
    """Those of them that may be stored at any moment."""
    closed_at: datetime | None = None
    close_code: int | None = None
    close_reason: str = ""
    written: tuple[int, int] = (0, 0)
    """The counters as the row has them."""
    on_identity: Callable[[Identity], None] = lambda identity: None
    """Called with a fresh identity."""

    refused_messages: RefusedMessages | None = None
    """None: none was refused."""

    def note_refused(self, error: ErrorBody) -> None:
        """Have the log told of a message that was refused, if its error is of that kind."""
        if self.refused_messages is None:
            self.refused_messages = RefusedMessages()
        self.refused_messages.count(error, self.identity, **self._place)

    def tell_refused(self) -> None:
        """Have the log told of all that it was not told yet, because the connection ends."""
        if self.refused_messages is not None:
            self.refused_messages.tell(self.identity, **self._place)

    @property
    def _place(self) -> dict[str, Any]:
        return {"address": self.address, "connection_id": self.id}

    @property
    def owner(self) -> tuple[str, str]:
        """Tenant and user."""
        return self.identity.tenant_id, self.identity.user_id

    def push(self, text: str) -> None:
        """Send an encoded message, or have it wait. Returns at once. A socket that has ended takes nothing."""
        if self.outbox is not None:
            self.outbox.push(text)
            self.messages_out = self.outbox.sent

    def let_go(self) -> None:
        """Hold the parts of the socket no longer, because it has ended."""
        self.close, self.on_identity = _ignore, _ignore
        self.outbox = self.transport = None

    def take_identity(self, identity: Identity) -> None:
        """Use the permissions and the expiry of a fresh token of the same user from now on."""
        self.identity = identity
        self.on_identity(identity)

    def expect(self, futures: Sequence[Future[Any]]) -> None:
        """Remember requests that end with the connection, while they are being stored."""
        self.ends_requests = True
        for future in futures:
            self.in_flight.add(future)
            future.add_done_callback(self.in_flight.discard)

    @property
    def client(self) -> dict[str, str]:
        """Return what the limits on clients go by."""
        identity = self.identity
        return {"tenant_id": identity.tenant_id, "user_id": identity.user_id, "address": self.address}

    @property
    def is_counted(self) -> bool:
        """Tell whether the row has the counters of now."""
        return self.written == (self.messages_in, self.messages_out)

    def columns(self) -> dict[str, Any]:
        """Return the columns of its row, and note that the row has the counters of now."""
        self.written = (self.messages_in, self.messages_out)
        return {
            "id": self.id,
            "tenant_id": self.identity.tenant_id,
            "user_id": self.identity.user_id,
            "permissions": sorted(self.identity.permissions),
            "address": self.address,
            "user_agent": self.user_agent.replace("\x00", "")[:255],
            "server": settings.STREAMER_SERVER_ID,
            "connected_at": self.connected_at,
            "last_seen_at": timezone.now(),
            "messages_in": self.written[0],
            "messages_out": self.written[1],
            "closed_at": self.closed_at,
            "close_code": self.close_code,
            "close_reason": self.close_reason,
        }


def _ignore(_: object) -> None:
    """Take no more orders for a socket that is closed."""
