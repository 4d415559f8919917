"""An open way to the service, and the ends that it can have."""

from typing import Protocol

from streamer_client.errors import StreamerError
from streamer_client.events import Message


class Ended(Exception):
    """The connection has ended. ``code`` is its close code, None if it was lost."""

    def __init__(self, code: int | None = None) -> None:
        super().__init__(code)
        self.code = code


class Unreachable(Exception):
    """A connection could not be opened.

    ``status`` is that of an HTTP answer, None if there was none. ``final`` is an error after which no other try helps.
    """

    def __init__(
        self,
        reason: str,
        *,
        status: int | None = None,
        retry_after: float | None = None,
        final: StreamerError | None = None,
    ) -> None:
        super().__init__(reason)
        self.status = status
        self.retry_after = retry_after
        self.final = final


class Channel(Protocol):
    async def send(self, message: Message) -> None:
        """Send a message. Waits while the other side takes none. Raises ``Ended``."""

    async def receive(self) -> tuple[Message, int]:
        """Return the next message and its size in bytes. Raises ``Ended``."""

    async def close(self) -> None:
        """Say goodbye and close."""

    def abort(self) -> None:
        """Let go at once, without waiting for the other side."""
