"""Decides which progress updates are sent. Pure: time comes in as a number, nothing is read or written.

Sent at once: the first, a change of stage, every fifth, and one that comes 200 ms or more after the last one sent.
From 90 % on, each is sent at once but no more than ten a second. Any other update is held. A newer one replaces it,
and ``take`` returns it when it is due, so the last value always arrives.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

FLUSH_SECONDS = 0.2
FLUSH_UPDATES = 5
LATE_PERCENTAGE = 90.0
LATE_SECONDS = 0.1


@dataclass(frozen=True, kw_only=True)
class Update:
    """One call of ``report``."""

    percentage: float
    message: str
    metadata: Mapping[str, Any]

    @property
    def stage(self) -> Any:
        return self.metadata.get("stage")


class Throttle:
    """The thinning of one attempt's progress. Not thread-safe: its owner locks."""

    def __init__(self) -> None:
        self._held: Update | None = None
        self._held_count = 0
        self._last: Update | None = None
        self._last_at = float("-inf")
        self._highest = 0.0

    def offer(self, update: Update, now: float) -> list[Update]:
        """Take an update in. Return those to send now, oldest first. ``now`` is in seconds, from any fixed start."""
        if update.percentage > self._highest:  # false for NaN too, which then counts as no change
            self._highest = min(update.percentage, 100.0)
        update = replace(update, percentage=round(self._highest, 2))
        if self._last is not None and update.stage != self._last.stage:
            # The end of one stage is worth showing as much as the start of the next.
            ended = [self._held] if self._held and self._held.stage != update.stage else []
            return [*ended, *self._send(update, now)]
        self._held = update
        self._held_count += 1
        return self._send(update, now) if self._is_due(now) else []

    def due_at(self) -> float | None:
        """Return the moment at which the held update must be sent; None when nothing is held."""
        return None if self._held is None else self._last_at + self._spacing(self._held)

    def take(self, now: float, *, force: bool = False) -> list[Update]:
        """Return the held update if it is due (or ``force``), else None."""
        due = self.due_at()
        if self._held is None or due is None or not (force or now >= due):
            return []
        return self._send(self._held, now)

    def _is_due(self, now: float) -> bool:
        if self._held is None:
            return False
        if self._held.percentage < LATE_PERCENTAGE and self._held_count >= FLUSH_UPDATES:
            return True
        return now - self._last_at >= self._spacing(self._held)

    def _spacing(self, update: Update) -> float:
        return LATE_SECONDS if update.percentage >= LATE_PERCENTAGE else FLUSH_SECONDS

    def _send(self, update: Update, now: float) -> list[Update]:
        self._held, self._held_count = None, 0
        self._last, self._last_at = update, now
        return [update]
