"""The acknowledgments that keep the server sending: as far as the application has taken, and no further."""

from collections.abc import Callable
from typing import Literal

from streamer_client.core.ticket import Send
from streamer_client.errors import StreamerError
from streamer_client.events import Message

EVERY_MESSAGES = 64
QUIET_SECONDS = 0.1
Kind = Literal["request_id", "topic"]


class Credit:
    """Sends ``received`` after every 64 messages that were taken, and when none was for 100 ms."""

    is_busy = False

    def __init__(self, send: Send, clock: Callable[[], float]) -> None:
        self.deadline: float | None = None
        self._send = send
        self._clock = clock
        self._due: dict[tuple[Kind, str], int] = {}
        self._taken = 0

    def take(self, name: str, seq: int, *, of: Kind = "request_id") -> None:
        """Note that the messages of a request, or of a topic, up to ``seq`` need no more room here."""
        self._due[of, name] = max(seq, self._due.get((of, name), 0))
        self._taken += 1
        self.deadline = self._clock() + QUIET_SECONDS
        if self._taken >= EVERY_MESSAGES:
            self._acknowledge()

    def tick(self) -> None:
        if self.deadline is not None and self._clock() >= self.deadline:
            self._acknowledge()

    def resume(self) -> None:
        """Do nothing: what an earlier connection brought counts for nothing on this one."""

    def lost(self) -> None:
        self._forget()

    def fail(self, error: StreamerError) -> None:
        self._forget()

    def receive(self, message: Message, size: int) -> bool:
        return False

    def _acknowledge(self) -> None:
        for (kind, name), seq in self._due.items():
            self._send({"type": "received", kind: name, "seq": seq})
        self._forget()

    def _forget(self) -> None:
        self._due.clear()
        self._taken = 0
        self.deadline = None
