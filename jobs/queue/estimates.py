"""Durations: of an action, learned from its last runs, and of a run that has begun.

Routing uses the handler's own estimate.
"""

import time
from statistics import median

from jobs.contract.base import Handler
from jobs.contract.registry import find_handler
from jobs.models import AsyncRequest, Status

MAX_RUNS = 50
MIN_RUNS = 5
_CACHE_SECONDS = 30.0
_Known = tuple[float, float | None]
# Action → the time of the next query, and the last answer. One query per action and process every half minute.
_known: dict[str, _Known] = {}


def learned_seconds(action: str) -> float | None:
    """Return the median seconds of the last ``MAX_RUNS`` completed runs' last attempts; None with fewer than five.

    None too for a handler whose estimate depends on the payload: runs of other payloads say nothing about this one.
    """
    if _depends_on_payload(action):
        return None
    look_again_at, seconds = _known.get(action, (0.0, None))
    if time.monotonic() >= look_again_at:
        seconds = _median_of_runs(action)
        _known[action] = (time.monotonic() + _CACHE_SECONDS, seconds)
    return seconds


def remaining_seconds(estimated: float, *, elapsed: float, percentage: float) -> float:
    """Estimate how long a run goes on that has run for ``elapsed`` seconds and reported ``percentage``.

    The more it has reported, the more its own pace counts, and the less the estimate of its whole duration. A run that
    reports nothing and has outlived its estimate is expected to go on for as long again as it is late.
    """
    by_estimate = abs(estimated - elapsed)
    done = min(percentage, 100.0) / 100
    if done <= 0:
        return by_estimate
    by_pace = elapsed * (1 - done) / done
    return done * by_pace + (1 - done) * by_estimate


def forget() -> None:
    """Query the history again at the next call."""
    _known.clear()


def _depends_on_payload(action: str) -> bool:
    handler = find_handler(action)
    return handler is not None and type(handler).estimate is not Handler.estimate


def _median_of_runs(action: str) -> float | None:
    completed = AsyncRequest.objects.filter(action=action, status=Status.COMPLETED)
    timed = completed.filter(finished_at__isnull=False, attempt_started_at__isnull=False)
    runs = timed.order_by("-finished_at").values_list("attempt_started_at", "finished_at")[:MAX_RUNS]
    seconds = [(end - start).total_seconds() for start, end in runs if start and end]
    return median(seconds) if len(seconds) >= MIN_RUNS else None
