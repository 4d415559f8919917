"""A connection that acknowledges what it receives: its follows stop when it falls behind, and go on when it can."""

import asyncio
from collections.abc import Callable

from realtime.delivery.credit import CreditWindow
from realtime.wire.messages import Received

PATIENCE_SECONDS = 30.0
"""How long a full window is borne without any ``received``."""


class Backpressure:
    """Serves one credit window. ``resume`` is called when there is room again, ``give_up`` when patience has ended."""

    def __init__(self, window: CreditWindow, *, resume: Callable[[], object], give_up: Callable[[], object]) -> None:
        self._window = window
        self._resume = resume
        self._give_up = give_up
        self._timer: asyncio.TimerHandle | None = None
        window.on_full = self._wait

    def take(self, message: Received) -> None:
        was_full = self._window.is_full
        self._window.received(message.request_id, message.seq)
        if self._window.is_full:
            self._wait()
        elif was_full:
            self.end()
            self._resume()

    def end(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wait(self) -> None:
        """Patience begins, or begins anew."""
        self.end()
        self._timer = asyncio.get_running_loop().call_later(PATIENCE_SECONDS, self._give_up)
