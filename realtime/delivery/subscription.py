"""One follower of one log: the messages that it still needs, and the way to push them."""

import time
from collections.abc import Callable

from jobs import paging
from realtime.delivery.credit import CreditWindow
from realtime.delivery.followed import FollowedLog
from realtime.delivery.gate import Frame, Gate
from realtime.wire.protocol import wire_bytes

FIRST_PAGE_EVENTS = 100


class Subscription:
    """A follower. ``push`` queues a message at once, without waiting.

    ``window`` is that of the follower's connection; None: there is always room.
    """

    def __init__(
        self,
        log: FollowedLog,
        after_seq: int,
        push: Callable[[str], None],
        window: CreditWindow | None,
    ) -> None:
        self.log = log
        self.key = log.key
        self.gate = Gate(after_seq, self._admit)
        self.push = push
        self.window = window
        self.opened_at = time.monotonic()
        self.begun = False
        """False: hints are collected, and nothing is read or pushed, because the acknowledgment comes first."""
        self.page_events = FIRST_PAGE_EVENTS
        """The most events of the next page that is read."""
        self.admitted_bytes = 0
        """The bytes that have passed the gate and are not pushed yet."""
        self.checked = False
        self.reading = False
        self.wait: tuple[int, str | None] | None = None
        """The place and the reason that were last sent; None: none was sent yet."""
        self.wait_asked_at = 0.0
        self.on_end: Callable[[], object] = lambda: None
        """Called when the final message has passed."""

    @property
    def may_read(self) -> bool:
        """Return True if the gate wants the log, and there is room for its messages."""
        return self.begun and self.gate.wants_log and self._has_room

    def push_unnumbered(self, text: str) -> None:
        """Push a message that no log has. Without room it is left out: nobody could have it later."""
        if self.begun and self._has_room:
            self.push(text)

    @property
    def _has_room(self) -> bool:
        return self.window is None or self.window.has_room

    def _admit(self, frame: Frame) -> bool:
        if self.window is None:
            return True
        size = wire_bytes(frame.text)
        # Many at once must not pass together: what is pushed makes the window say no to the next.
        if self.admitted_bytes and self.admitted_bytes + size > paging.PAGE_BYTES:
            return False
        if not self.window.admit(self.key, frame.seq, size):
            return False
        self.admitted_bytes += size
        return True
