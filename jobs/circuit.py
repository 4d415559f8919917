"""A circuit breaker: a server that does not answer is asked now and then only, so that no caller waits for it."""

import logging
import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Literal

import redis

from jobs.repeats import REPEATS

logger = logging.getLogger(__name__)

PAUSE_SECONDS = 1.0
State = Literal["closed", "open", "half_open"]
_named: "dict[str, CircuitBreaker]" = {}
_changing = threading.Lock()


class CircuitBreaker:
    """Guards calls to Redis that may fail without harm. One breaker of a process may be used by all its threads.

    Closed: every call is made. Open: none is made for ``pause_seconds``. Half open: the next call is a probe, which
    closes or opens it, and no other call is made meanwhile.
    """

    def __init__(
        self, consequence: str, *, name: str = "", failures: int = 1, pause_seconds: float = PAUSE_SECONDS
    ) -> None:
        """Create a closed breaker, which opens after ``failures`` in a row.

        ``consequence`` tells the log what makes up for a failed call. ``circuit_states`` lists those with a ``name``.
        """
        self._consequence = consequence
        self._most_failures = failures
        self._pause_seconds = pause_seconds
        self._failures = 0
        self._opened_until: float | None = None
        self._failed_at = 0.0
        self._failing_since: datetime | None = None
        if name:
            _named[name] = self

    @property
    def state(self) -> State:
        until = self._opened_until
        if until is None:
            return "closed"
        return "open" if time.monotonic() < until else "half_open"

    @property
    def is_open(self) -> bool:
        """Return True if no call is made now."""
        return self.state == "open"

    def call(self, ask: Callable[[], object]) -> bool:
        """Call ``ask`` unless the breaker is open. Return True if it was called and did not fail.

        A failure of Redis or of the network counts and is logged. Any other error is raised and does not count.
        """
        if not self._admit():
            return False
        try:
            ask()
        except (redis.RedisError, OSError) as error:
            self._note_failure(error)
            return False
        self.close()
        return True

    def close(self) -> None:
        """Let all calls through."""
        self._failures, self._opened_until, self._failing_since = 0, None, None

    def failing_since(self, within_seconds: float) -> datetime | None:
        """Return when calls began to fail; None if it is closed, or no call failed ``within_seconds``."""
        is_recent = time.monotonic() - self._failed_at <= within_seconds
        return self._failing_since if is_recent and self._opened_until is not None else None

    def _admit(self) -> bool:
        """Return True if a call may be made. The first after the pause is the probe: others find the breaker open."""
        if self._opened_until is None:
            return True
        with _changing:
            state = self.state
            if state == "half_open":
                self._opened_until = time.monotonic() + self._pause_seconds
            return state != "open"

    def _note_failure(self, error: Exception) -> None:
        with _changing:
            self._failures += 1
            self._failed_at = time.monotonic()
            self._failing_since = self._failing_since or datetime.now(UTC)
            if self._failures >= self._most_failures:
                self._opened_until = time.monotonic() + self._pause_seconds
        logger.warning("Redis is not reachable; %s: %s", self._consequence, error, extra=REPEATS)


def circuit_states() -> dict[str, State]:
    """Return the state of each breaker of this process that has a name."""
    return {name: breaker.state for name, breaker in sorted(_named.items())}


def failing_circuits(within_seconds: float) -> dict[str, datetime]:
    """Map the name of each breaker that is not closed, and had a failure ``within_seconds``, to when that began."""
    since = {name: breaker.failing_since(within_seconds) for name, breaker in sorted(_named.items())}
    return {name: moment for name, moment in since.items() if moment is not None}


def _renew_lock() -> None:
    """Make the lock anew in a forked child, where no living thread may hold it."""
    global _changing
    _changing = threading.Lock()


os.register_at_fork(after_in_child=_renew_lock)
