"""Counts and durations of this process, in memory. ``jobs.metrics.exchange`` adds them to those of the others.

A metric is declared once, at the top of the module that counts. Its labels must have few values: an action, a reason,
never a user or an id. Requests are not counted here: their rows say what came of them, however a process ended.
"""

import os
import threading
from bisect import bisect_left
from collections.abc import Mapping
from typing import ClassVar, Final

Key = tuple[str, tuple[str, ...], str]
"""Name of the metric, values of its labels, and the part: empty for a counter, ``sum`` or the number of a bucket."""
SUM: Final = "sum"
QUICK_SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""The upper bounds of the buckets of what should take milliseconds, in seconds."""
_lock = threading.Lock()
_added: dict[Key, float] = {}


class Metric:
    """A metric with a name, a sentence of help, and the names of its labels."""

    declared: ClassVar[dict[str, "Metric"]] = {}

    def __init__(self, name: str, help_text: str, *labels: str) -> None:
        self.name, self.help_text, self.labels = name, help_text, labels
        self.declared[name] = self


class Counter(Metric):
    """A number that only grows."""

    def count(self, *values: str, by: float = 1) -> None:
        """Add ``by`` to the number with these values of the labels."""
        key = (self.name, values, "")
        with _lock:
            _added[key] = _added.get(key, 0) + by


class Histogram(Metric):
    """Durations in seconds, counted in buckets up to ``QUICK_SECONDS`` each, and one for what took longer."""

    def observe(self, seconds: float, *values: str) -> None:
        bucket = (self.name, values, str(bisect_left(QUICK_SECONDS, seconds)))
        total = (self.name, values, SUM)
        with _lock:
            _added[bucket] = _added.get(bucket, 0) + 1
            _added[total] = _added.get(total, 0) + seconds


def added() -> dict[Key, float]:
    """Return what was counted since the last ``take``."""
    with _lock:
        return dict(_added)


def take() -> dict[Key, float]:
    """Return what was counted, and begin anew."""
    global _added
    with _lock:
        taken, _added = _added, {}
    return taken


def give_back(taken: Mapping[Key, float]) -> None:
    """Add what was taken and could not be handed on."""
    with _lock:
        for key, value in taken.items():
            _added[key] = _added.get(key, 0) + value


def _begin_anew() -> None:
    """Forget what the parent has counted, which it hands on itself."""
    global _lock, _added
    _lock, _added = threading.Lock(), {}


os.register_at_fork(after_in_child=_begin_anew)
