"""The credit window: it counts the messages that a connection has not acknowledged, and limits them.

Pure: it counts, others send. It is off until the client's first ``received``. A client that never sends one is limited
by its outbox alone: while too much waits there, nothing is admitted.
"""

from collections.abc import Callable

from realtime.delivery.followed import Key

# (seq, bytes) of one message that is not acknowledged.
_Sent = tuple[int, int]


class CreditWindow:
    """The window of one connection, for all requests and topics that it follows.

    At most ``most_events`` messages and ``most_bytes`` are unacknowledged at a time; a single larger one passes alone.
    After a refusal, nothing is admitted until half of the window is free, because each new start has to read the
    log.
    """

    def __init__(self, *, most_events: int, most_bytes: int, is_congested: Callable[[], bool] = lambda: False) -> None:
        self.is_congested = is_congested
        self.is_on = False
        self.is_full = False
        """True: a message was refused and waits in the log until enough has been acknowledged."""
        self.out_events = 0
        self.out_bytes = 0
        self.on_full: Callable[[], object] = lambda: None
        """Called when ``is_full`` becomes true."""
        self._most_events = most_events
        self._most_bytes = most_bytes
        self._out: dict[Key, list[_Sent]] = {}

    @property
    def has_room(self) -> bool:
        """Return True if there is a use in reading the log."""
        return not (self.is_full or self.is_congested())

    def admit(self, key: Key, seq: int, size_bytes: int) -> bool:
        """Return True if this message may be sent now, and count it as sent."""
        if self.is_congested():
            return False
        if not self.is_on:
            return True
        if not self.is_full and not self._fits(size_bytes):
            self.is_full = True
            self.on_full()
        if self.is_full:
            return False
        self._out.setdefault(key, []).append((seq, size_bytes))
        self._count(1, size_bytes)
        return True

    def received(self, key: Key, seq: int) -> None:
        """Note that the client has all of this log up to ``seq``. Ignored where that cannot be true."""
        self.is_on = True
        sent = self._out.get(key, [])
        if not sent or seq > max(number for number, _ in sent):
            return
        left = [item for item in sent if item[0] > seq]
        if left:
            self._out[key] = left
        else:
            del self._out[key]
        self._count(len(left) - len(sent), sum(size for _, size in left) - sum(size for _, size in sent))
        if self.out_events * 2 <= self._most_events and self.out_bytes * 2 <= self._most_bytes:
            self.is_full = False

    def room_events(self) -> int | None:
        """Return how many more messages of the present average size would fit, at least 1. None: any number."""
        if not self.is_on:
            return None
        room = self._most_events - self.out_events
        if self.out_events:
            average = max(1, self.out_bytes // self.out_events)
            room = min(room, (self._most_bytes - self.out_bytes) // average)
        return max(1, room)

    def _fits(self, size_bytes: int) -> bool:
        if not self.out_events:
            return True
        return self.out_events < self._most_events and self.out_bytes + size_bytes <= self._most_bytes

    def _count(self, events: int, size_bytes: int) -> None:
        self.out_events += events
        self.out_bytes += size_bytes
