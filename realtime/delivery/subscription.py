"""One follower of one request: what it is still to get, and where that is pushed."""

import time
from collections.abc import Callable
from uuid import UUID

from realtime.delivery.credit import CreditWindow
from realtime.delivery.gate import Frame, Gate
from realtime.wire.protocol import wire_bytes


class Subscription:
    """``push`` takes what is to be sent, at once and without waiting.

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
        """Until then hints are collected, and nothing is read or pushed: the acknowledgment comes first."""
        self.checked = False
        self.reading = False
        self.wait: tuple[int, str | None] | None = None
        """Place and reason as they were told last; None: not told yet."""
        self.wait_asked_at = 0.0
        self.on_end: Callable[[], object] = lambda: None
        """Called when the final message has passed."""

    @property
    def may_read(self) -> bool:
        """Whether the log is wanted, and there is room for what stands there."""
        return self.begun and self.gate.wants_log and not (self.window and self.window.is_full)

    def _admit(self, frame: Frame) -> bool:
        if self.window is None or not self.window.is_on:
            return True
        return self.window.admit(self.request_id, frame.seq, wire_bytes(frame.text))
