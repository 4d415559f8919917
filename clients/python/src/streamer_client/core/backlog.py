"""The bound on messages that arrived and that the application has not taken."""

MAX_MESSAGES = 1_000
MAX_BYTES = 4 * 1024 * 1024


class Backlog:
    """Counts the waiting messages of all readers of a client.

    The server stops by itself once the client acknowledges what the application takes. This bound holds where it does
    not: what exceeds it is let go, and asked for again when there is room.
    """

    def __init__(self, *, max_messages: int = MAX_MESSAGES, max_bytes: int = MAX_BYTES) -> None:
        self.messages = 0
        self.bytes = 0
        self._max_messages = max_messages
        self._max_bytes = max_bytes

    @property
    def has_room(self) -> bool:
        return self.messages < self._max_messages and self.bytes < self._max_bytes

    @property
    def is_low(self) -> bool:
        """True: half of it is free, so that it pays to ask again."""
        return self.messages * 2 <= self._max_messages and self.bytes * 2 <= self._max_bytes

    def add(self, size: int) -> None:
        self.messages += 1
        self.bytes += size

    def remove(self, size: int) -> None:
        self.messages -= 1
        self.bytes -= size
