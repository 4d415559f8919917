"""Turns the times that a load noted into figures. Pure."""

import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the smallest of the values that ``percent`` of them do not exceed; NaN when there are none."""
    if not values:
        return math.nan
    return sorted(values)[max(0, math.ceil(len(values) * percent / 100) - 1)]


def median_figures(rounds: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return the median of each figure over the rounds that have it. What was lost in a round is added up."""
    names = dict.fromkeys(name for figures in rounds for name in figures)
    combined = {}
    for name in names:
        values = [figures[name] for figures in rounds if name in figures and not math.isnan(figures[name])]
        combined[name] = math.nan if not values else sum(values) if name == LOST else statistics.median(values)
    return combined


LOST = "lost"


def request_figures(
    result: Mapping[str, Any], *, updates: int, sends_all: bool, same_clock: bool = True
) -> dict[str, float]:
    """Return the figures of a load of requests that reported ``updates`` times each.

    Lost are requests without an end, and where all updates are sent, those that did not come.
    """
    requests = result["requests"]
    ended = [one for one in requests if one[3]]
    seconds = max((one[3] for one in ended), default=math.nan) - min((one[0] for one in requests), default=math.nan)
    acknowledged = [1000 * (one[1] - one[0]) for one in requests if one[1]]
    first = [1000 * (one[2] - one[0]) for one in requests if one[2]]
    after = [1000 * (one[2] - one[1]) for one in requests if one[1] and one[2]]
    received = sum(one[4] for one in requests)
    figures = {
        "requests/s": len(ended) / seconds if ended else math.nan,
        "ack p50 ms": percentile(acknowledged, 50),
        "ack p99 ms": percentile(acknowledged, 99),
        "first p50 ms": percentile(first, 50),
        "ack to first p50 ms": percentile(after, 50),
        "emit p50 ms": percentile(result["latencies_ms"], 50) if same_clock else math.nan,
        "emit p99 ms": percentile(result["latencies_ms"], 99) if same_clock else math.nan,
        "updates": received / len(requests) if requests else math.nan,
        LOST: float(len(requests) - len(ended)),
    }
    if sends_all:
        figures[LOST] += sum(abs(updates - one[4]) for one in requests)
    return figures
