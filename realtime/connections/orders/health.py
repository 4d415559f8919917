"""The health of connections, as their web process knows it: pings, failures to send, bytes that wait."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from msgspec import Struct

from realtime.connections.open_connection import OpenConnection

MAX_WAITING_BYTES: Final = 1024 * 1024
"""More than this waits for a client that reads too slowly. It is closed at 16 times as much."""
MAX_UNANSWERED_SECONDS: Final = 10.0
"""A ping that is not answered for longer is a sign of a lost client. It is closed after three times as long."""


class Health(Struct, frozen=True, kw_only=True):
    """The health of one open connection at one moment."""

    id: UUID
    round_trip_ms: float | None = None
    """Of the last ping that was answered. None: none was, or the server does not tell."""
    unanswered_seconds: float = 0.0
    """The time since a ping without an answer."""
    waiting_bytes: int = 0
    failed: int = 0
    """The messages that could not be sent."""

    @property
    def problems(self) -> Sequence[str]:
        found = {
            "much waits": self.waiting_bytes > MAX_WAITING_BYTES,
            "no pong": self.unanswered_seconds > MAX_UNANSWERED_SECONDS,
            "messages failed": self.failed > 0,
        }
        return [name for name, is_so in found.items() if is_so]


def health_of(connection: OpenConnection) -> Health:
    outbox, transport = connection.outbox, connection.transport
    round_trip = transport.round_trip_seconds if transport else None
    return Health(
        id=connection.id,
        round_trip_ms=None if round_trip is None else round(round_trip * 1000, 1),
        unanswered_seconds=round(transport.unanswered_seconds, 1) if transport else 0.0,
        waiting_bytes=outbox.waiting_bytes if outbox else 0,
        failed=outbox.failed if outbox else 0,
    )
