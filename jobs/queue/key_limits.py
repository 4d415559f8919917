"""The limits on what a handler names with ``limit_key``: how many run at once, and how many start in a minute.

Each request obeys the limits of its own handler, and counts what all actions do with its key.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from jobs.contract.registry import all_handlers, find_handler
from jobs.models import LimitedStart, LimitKind
from jobs.queue.control.overrides import Overrides

WINDOW = timedelta(minutes=1)
"""The time for which a start counts."""
WINDOW_SECONDS = WINDOW.total_seconds()


@dataclass(frozen=True, kw_only=True)
class KeyLimits:
    """The limits of one action. None: no such limit."""

    running: int | None = None
    per_minute: int | None = None


def limits_of(action: str, overrides: Overrides) -> KeyLimits | None:
    """Return the limits of an action; None when it has none, or no handler."""
    handler = find_handler(action)
    if handler is None:
        return None
    running = overrides.numbers.get((LimitKind.KEY_RUNNING, action), handler.limit_running)
    per_minute = overrides.numbers.get((LimitKind.KEY_PER_MINUTE, action), handler.limit_per_minute)
    if running is None and per_minute is None:
        return None
    return KeyLimits(running=running, per_minute=per_minute)


def key_limits(overrides: Overrides) -> dict[str, KeyLimits]:
    """Map action → limits, of the actions that have any."""
    return {action: limits for action in all_handlers() if (limits := limits_of(action, overrides)) is not None}


class Starts:
    """The starts of the last minute by key. They are read when they are first asked for: most requests have no key."""

    def __init__(self, read: Callable[[], Iterable[tuple[str, float]]] = tuple) -> None:
        """``read`` returns the key of each start and the seconds since then."""
        self._read = read

    @cached_property
    def ages(self) -> list[tuple[str, float]]:
        return list(self._read())

    @cached_property
    def numbers(self) -> Counter[str]:
        """The number of starts of each key. Whoever plays on what will happen adds and takes away."""
        return Counter(key for key, _ in self.ages)


def starts_before(now: datetime) -> Starts:
    """Return the starts that count at a moment."""

    def read() -> Iterable[tuple[str, float]]:
        rows = LimitedStart.objects.filter(started_at__gt=now - WINDOW).values_list("limit_key", "started_at")
        return [(key, (now - started_at).total_seconds()) for key, started_at in rows]

    return Starts(read)


def forget_old_starts(now: datetime) -> int:
    """Delete the starts that no limit counts any more. Return their number."""
    old = LimitedStart.objects.filter(started_at__lte=now - WINDOW)
    # Looked for first: a DELETE would take SQLite's lock at each sweep.
    return old.delete()[0] if old.exists() else 0
