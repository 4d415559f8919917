"""Something that the application waits for."""

from collections.abc import Callable
from typing import Protocol

from streamer_client.errors import StreamerError
from streamer_client.events import Message

Send = Callable[[Message], None]
"""Sends a message over the open connection; without one, it does nothing."""


class Ticket:
    """The base of all that the application waits for. Whoever waits is told of every change by ``on_change``."""

    def __init__(self) -> None:
        self.error: StreamerError | None = None
        self.on_change: Callable[[], object] = _nothing

    def fail(self, error: StreamerError) -> None:
        """End with an error, unless it has one already."""
        self.error = self.error or error
        self.on_change()


class Part(Protocol):
    """One concern of a conversation. Each sees the same turns of the connection."""

    def resume(self) -> None:
        """Send what a new connection has to know, after its ``welcome``."""

    def lost(self) -> None:
        """Note that the connection is gone."""

    def fail(self, error: StreamerError) -> None:
        """Fail all that waits, because no connection will come."""

    def receive(self, message: Message, size: int) -> bool:
        """Take a message of ``size`` bytes; False if it belongs to another part."""

    @property
    def is_busy(self) -> bool:
        """True: somebody waits for what only a connection brings."""

    @property
    def deadline(self) -> float | None:
        """The time at which ``tick`` has something to do; None for never."""

    def tick(self) -> None:
        """Do what is due."""


def _nothing() -> None:
    return None
