"""A circuit breaker: a server that does not answer is asked once a second only, so that no caller waits for it."""

import logging
import time
from collections.abc import Callable

import redis

logger = logging.getLogger(__name__)

PAUSE_SECONDS = 1.0


class CircuitBreaker:
    """Guards calls to Redis that may fail without harm. One breaker of a process may be used by all its threads."""

    def __init__(self, consequence: str) -> None:
        """Create a closed breaker. ``consequence`` tells the log what makes up for a failed call."""
        self._consequence = consequence
        self._closes_at = 0.0

    @property
    def is_open(self) -> bool:
        """Return True if a call failed less than ``PAUSE_SECONDS`` ago, so that none is made now."""
        return time.monotonic() < self._closes_at

    def call(self, ask: Callable[[], object]) -> None:
        """Call ``ask`` unless the breaker is open. A failure of Redis or of the network opens it and is logged."""
        if self.is_open:
            return
        try:
            ask()
        except (redis.RedisError, OSError) as error:
            self._closes_at = time.monotonic() + PAUSE_SECONDS
            logger.warning("Redis is not reachable; %s: %s", self._consequence, error)

    def close(self) -> None:
        """Let the next call through."""
        self._closes_at = 0.0
