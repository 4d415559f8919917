"""One application's place in the messages of one request."""

from collections import deque
from typing import Literal

from streamer_client.core.backlog import Backlog
from streamer_client.core.ticket import Ticket
from streamer_client.events import Message, is_final

Fate = Literal["kept", "old", "gap", "full"]


class Reader(Ticket):
    """Takes the messages after number ``seq``, each once and in order, and hands them out."""

    def __init__(self, backlog: Backlog, *, after_seq: int = 0) -> None:
        super().__init__()
        self.request_id: str | None = None
        self.seq = after_seq
        """The last number that was kept."""
        self.taken = after_seq
        """The last number that the application took."""
        self.has_final = False
        self.was_over = False
        """True: the request had ended with a number that the application had. No final message comes."""
        self.is_short = False
        """True: a message was let go for want of room, and must be asked for again."""
        self._backlog = backlog
        self._waiting: deque[tuple[Message, int]] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def is_over(self) -> bool:
        """True: nothing more will arrive."""
        return self.has_final or self.was_over or self.error is not None

    @property
    def has_free_half(self) -> bool:
        """True: there is room for many messages, so that it pays to ask for them."""
        return not self._waiting or self._backlog.is_low

    def offer(self, message: Message, size: int) -> Fate:
        """Keep a numbered message if it is the next one."""
        seq: int = message["seq"]
        if self.is_over or seq <= self.seq:
            return "old"
        if seq > self.seq + 1 and message["type"] != "snapshot":
            return "gap"
        if not self._has_room():
            self.is_short = True
            return "full"
        self.seq = seq
        self.has_final = is_final(message)
        self._keep(message, size)
        return "kept"

    def offer_unnumbered(self, message: Message, size: int) -> None:
        """Keep a message without a number. It replaces one of its type that still waits at the end."""
        if self.is_over:
            return
        if self._waiting and self._waiting[-1][0]["type"] == message["type"]:
            self._backlog.remove(self._waiting.pop()[1])
        if self._has_room():
            self._keep(message, size)

    def offer_answer(self, message: Message, size: int) -> None:
        """Keep the response of an inline action, which is all there is."""
        self.has_final = True
        self._keep(message, size)

    def note_end(self, last_seq: int) -> None:
        """Note that the request has ended with the number ``last_seq``."""
        if self.seq == last_seq and not self.is_over:
            self.was_over = True
            self.on_change()

    def take(self) -> Message | None:
        """Hand out the next message; None if none is here."""
        if not self._waiting:
            return None
        message, size = self._waiting.popleft()
        self._backlog.remove(size)
        self.taken = max(self.taken, message.get("seq", 0))
        return message

    def discard(self) -> None:
        """Let go of all that waits, because nobody will take it."""
        while self._waiting:
            self._backlog.remove(self._waiting.popleft()[1])

    def _has_room(self) -> bool:
        return not self._waiting or self._backlog.has_room

    def _keep(self, message: Message, size: int) -> None:
        self._waiting.append((message, size))
        self._backlog.add(size)
        self.on_change()
