"""A token bucket: tokens come back at a steady rate. All limits by rate count with it, but that on sign-ins."""

import math
import time


class TokenBucket:
    """A bucket of ``burst`` tokens that gains ``per_second``. It may be in debt. ``per_second`` of 0 means no limit."""

    __slots__ = ("burst", "left", "per_second", "refilled_at")

    def __init__(self, *, per_second: float, burst: float) -> None:
        self.per_second = per_second or 1.0
        self.burst = burst if per_second else math.inf
        self.left = float(self.burst)
        """The tokens of the last ``refill``, less what was spent since."""
        self.refilled_at = time.monotonic()

    def refill(self, now: float | None = None) -> float:
        """Add the tokens that have come back by ``now``. Return those that are left."""
        if now is None:
            now = time.monotonic()
        left = self.left + (now - self.refilled_at) * self.per_second
        self.left = left if left < self.burst else self.burst
        self.refilled_at = now
        return self.left

    def spend(self, tokens: float, *, most_debt: float = math.inf) -> None:
        self.left = max(-most_debt, self.left - tokens)

    @property
    def is_full(self) -> bool:
        return self.refill() >= self.burst

    @property
    def wait_seconds(self) -> float:
        """Return the seconds from the last ``refill`` until there is a whole token."""
        return max(0.0, (1 - self.left) / self.per_second)
