"""The watch over a connection that may have died without a word."""

from collections.abc import Callable
from typing import Literal

WELCOME_SECONDS = 15.0

Verdict = Literal["fine", "ask", "dead"]


class Liveness:
    """Says when to ask whether the server is still there, and when to give up on it."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._heard_at = 0.0
        self._asked = False
        self._heartbeat_seconds: float | None = None
        self._welcome_by: float | None = None

    @property
    def deadline(self) -> float | None:
        if self._welcome_by is not None:
            return self._welcome_by
        if self._heartbeat_seconds is None:
            return None
        return self._heard_at + self._heartbeat_seconds * (2 if self._asked else 1)

    def connected(self) -> None:
        self._welcome_by = self._clock() + WELCOME_SECONDS

    def welcomed(self, heartbeat_seconds: float | None) -> None:
        """Begin the watch. None: this transport finds out by itself."""
        self._welcome_by = None
        self._heartbeat_seconds = heartbeat_seconds

    def heard(self) -> None:
        self._heard_at = self._clock()
        self._asked = False

    def lost(self) -> None:
        self._welcome_by = self._heartbeat_seconds = None

    def check(self) -> Verdict:
        if self.deadline is None or self._clock() < self.deadline:
            return "fine"
        if self._asked or self._welcome_by is not None:
            return "dead"
        self._asked = True
        return "ask"
