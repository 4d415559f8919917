"""The limit on a connection's messages: a token bucket, and the point at which the connection is closed."""

import time
from enum import Enum


class Verdict(Enum):
    FINE = "fine"
    TOO_MANY = "too many"
    ABUSE = "abuse"


class RateLimit:
    """A limit of ``per_second`` on average and ``burst`` at once. ``max_refused`` more refused than passed is abuse."""

    def __init__(self, *, per_second: float, burst: int, max_refused: int = 1_000) -> None:
        self._per_second = per_second
        self._burst = burst
        self._max_refused = max_refused
        self._left = float(burst)
        self._refused = 0
        self._at = time.monotonic()

    def judge(self) -> Verdict:
        """Judge one message. Call it once for each."""
        now = time.monotonic()
        self._left = min(self._burst, self._left + (now - self._at) * self._per_second)
        self._at = now
        if self._left >= 1:
            self._left -= 1
            self._refused = max(0, self._refused - 1)
            return Verdict.FINE
        self._refused += 1
        return Verdict.ABUSE if self._refused > self._max_refused else Verdict.TOO_MANY

    @property
    def retry_after_seconds(self) -> float:
        return max(0.0, (1 - self._left) / self._per_second)
