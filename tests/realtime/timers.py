"""Timers whose time passes only when a test says so."""

import asyncio
import time
from collections.abc import Callable
from typing import Any


class Timer:
    """One timer that was set."""

    def __init__(self, due: float, work: Callable[[], object]) -> None:
        self.due = due
        self.work = work
        self.is_cancelled = False

    def cancel(self) -> None:
        self.is_cancelled = True


class Timers:
    """The timers of one module. It takes the place of ``asyncio`` there, and of ``time``, whose clock it stops."""

    def __init__(self) -> None:
        self._now = time.time()
        self._set: list[Timer] = []

    def get_running_loop(self) -> "Timers":
        return self

    def time(self) -> float:
        return self._now

    def call_soon(self, work: Callable[..., object], *args: Any) -> asyncio.Handle:
        return asyncio.get_running_loop().call_soon(work, *args)

    def call_later(self, seconds: float, work: Callable[..., object], *args: Any) -> Timer:
        timer = Timer(self._now + seconds, lambda: work(*args))
        self._set.append(timer)
        return timer

    @property
    def waiting(self) -> list[Timer]:
        """List those that wait, the next first."""
        return sorted((timer for timer in self._set if not timer.is_cancelled), key=lambda timer: timer.due)

    def advance(self, seconds: float) -> None:
        """Let time pass, and do what is due meanwhile."""
        until = self._now + seconds
        while (waiting := self.waiting) and waiting[0].due <= until:
            self._set.remove(waiting[0])
            self._now = max(self._now, waiting[0].due)
            waiting[0].work()
        self._now = until
