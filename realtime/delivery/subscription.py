"""One follower of one request: the messages that it still needs, and the way to push them."""

import time
from collections.abc import Callable
from uuid import UUID

from realtime.delivery.credit import CreditWindow
from realtime.delivery.gate import Frame, Gate
from realtime.wire.protocol import wire_bytes


class Subscription:
    """A follower. ``push`` queues a message at once, without waiting.

    ``window`` is that of the follower's connection; None: there is always room.
    """

    def __init__(
        self,
        request_id: UUID,
        client_id: str | None,
        after_seq: int,
        push: Callable[[str], None],
        window: CreditWindow | None,
    ) -> None:
        self.request_id = request_id
        self.client_id = client_id
        self.gate = Gate(after_seq, self._admit)
        self.push = push
        self.window = window
        self.opened_at = time.monotonic()
        self.begun = False
        """False: hints are collected, and nothing is read or pushed, because the acknowledgment comes first."""
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
        return self.begun and self.gate.wants_log and not (self.window and self.window.is_full)

    def _admit(self, frame: Frame) -> bool:
        if self.window is None or not self.window.is_on:
            return True
        return self.window.admit(self.request_id, frame.seq, wire_bytes(frame.text))
