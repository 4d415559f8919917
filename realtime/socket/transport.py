"""The transport below a socket: all that ASGI cannot say about it, offered by the server in the scope's extensions.

ASGI says how to wait (``send`` returns once the transport takes more) and how to close. But a close, like every
message, waits until the client has read what was sent before it, and some clients never read. And the server pings
clients on its own.
"""

from collections.abc import Mapping
from typing import Any, Protocol

from realtime.connections.open_connection import Pinged

EXTENSION = "streamer.transport"


class Transport(Pinged, Protocol):
    def abort(self) -> None:
        """End the connection at once, and drop what waits to be sent."""

    def pause_reading(self) -> None:
        """Read nothing from the client until ``resume_reading`` was called as often as this."""

    def resume_reading(self) -> None:
        """Read from the client again, unless the server has a reason of its own not to."""


class _Unknown:
    """The transport of a server that offers none: the server ends the connection when it likes."""

    round_trip_seconds = None
    unanswered_seconds = 0.0

    def abort(self) -> None: ...

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


def transport_of(scope: Mapping[str, Any]) -> Transport:
    found: Transport | None = (scope.get("extensions") or {}).get(EXTENSION)
    return found or _Unknown()
