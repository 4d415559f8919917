"""One open socket of this process, with the values for its row in the database."""

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from realtime.auth import Identity
from realtime.models import Connection
from realtime.wire.close_codes import CloseCode


@dataclass(kw_only=True, eq=False)
class OpenConnection:
    """One open socket. ``close`` asks its consumer to send a last message and close it."""

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
        """Use the permissions and the expiry of a fresh token of the same user from now on."""
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
