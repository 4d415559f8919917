"""Backpressure for connections that acknowledge messages: a slow one is sent nothing until it has caught up."""

import asyncio
from collections.abc import Callable

from jobs.errors import ErrorCode, error_body
from realtime.delivery.credit import CreditWindow
from realtime.wire.messages import Received
from realtime.wire.protocol import BadMessage

ACKNOWLEDGE_SECONDS = 30.0
"""The seconds for which a window may be full without any ``received``."""


class Backpressure:
    """The backpressure of one credit window. It calls ``resume`` once there is room, ``give_up`` when time is up."""

    def __init__(self, window: CreditWindow, *, resume: Callable[[], object], give_up: Callable[[], object]) -> None:
        self._window = window
        self._resume = resume
        self._give_up = give_up
        self._timer: asyncio.TimerHandle | None = None
        window.on_full = self._wait

    def take(self, message: Received) -> None:
        key = message.request_id or message.topic
        if key is None:
            text = "Name what was received: give request_id or topic"
            raise BadMessage(error_body(ErrorCode.VALIDATION_ERROR, text), message.id)
        was_full = self._window.is_full
        self._window.received(key, message.seq)
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
        """Start the time in which the client must acknowledge, or start it anew."""
        self.end()
        self._timer = asyncio.get_running_loop().call_later(ACKNOWLEDGE_SECONDS, self._give_up)
