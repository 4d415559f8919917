"""The wish for a fresh token while a connection is open."""

from collections.abc import Callable

from streamer_client.core.ticket import Send
from streamer_client.errors import StreamerError
from streamer_client.events import Message

RECENT_SECONDS = 10.0


class Renewal:
    """Wishes for a token when the server warns that the present one expires.

    Where tokens live so shortly that the warning comes right after a fresh one, half of its time is waited for.
    """

    is_busy = False

    def __init__(self, send: Send, clock: Callable[[], float]) -> None:
        self.deadline: float | None = None
        self._send = send
        self._clock = clock
        self._is_wished = False
        self._authenticated_at: float | None = None

    def take_wish(self) -> bool:
        """Return True once for each wish."""
        wish, self._is_wished = self._is_wished, False
        return wish

    def authenticate(self, token: str) -> None:
        """Replace the token of the open connection."""
        self._authenticated_at = self._clock()
        self._send({"type": "authenticate", "token": token})

    def receive(self, message: Message, size: int) -> bool:
        if message["type"] != "token_expiring":
            return False
        if self._authenticated_at is None or self._clock() - self._authenticated_at >= RECENT_SECONDS:
            self._is_wished = True
        else:
            self.deadline = self._clock() + (message.get("expires_in") or 0) / 2
        return True

    def tick(self) -> None:
        if self.deadline is not None and self._clock() >= self.deadline:
            self.deadline = None
            self._is_wished = True

    def resume(self) -> None:
        """Do nothing: the connection began with a token."""

    def lost(self) -> None:
        self.deadline = self._authenticated_at = None
        self._is_wished = False

    def fail(self, error: StreamerError) -> None:
        self.lost()
