"""Durations of requests in buckets, as JSON has them: the count in each bucket, then the sum in seconds."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Final

BOUNDS: Final = (0.1, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0, 14400.0)
"""The upper bounds of the buckets, in seconds. The last bucket has none."""
Buckets = list[float]


def empty() -> Buckets:
    return [0] * (len(BOUNDS) + 1) + [0.0]


def put(buckets: Buckets, seconds: float) -> None:
    """Count a duration. Clocks that differ can make it negative: it counts as none."""
    seconds = max(seconds, 0.0)
    buckets[bisect_left(BOUNDS, seconds)] += 1
    buckets[-1] += seconds


def add(first: Sequence[float], second: Sequence[float]) -> Buckets:
    return [one + other for one, other in zip(first, second, strict=True)]


def percentile(buckets: Sequence[float], percent: float) -> float | None:
    """Estimate a percentile in seconds, evenly within its bucket; None if there is no duration."""
    counts = buckets[:-1]
    wanted, seen = sum(counts) * percent / 100, 0.0
    if not sum(counts):
        return None
    for index, count in enumerate(counts):
        if count and seen + count >= wanted:
            low = BOUNDS[index - 1] if index else 0.0
            high = BOUNDS[index] if index < len(BOUNDS) else BOUNDS[-1]
            return low + (high - low) * (wanted - seen) / count
        seen += count
    return BOUNDS[-1]
