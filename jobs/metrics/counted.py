"""Metrics that are counted elsewhere than in web processes, which must know them to tell of them."""

from typing import Final

from jobs.metrics.counters import Counter

SWEPT: Final = Counter("streamer_swept", "What the rules of the sweeper moved on.", "rule")
ELSEWHERE: Final = (SWEPT,)
