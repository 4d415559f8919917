"""The duration of an action, learned from its last runs, for clients. Routing uses the handler's own estimate."""

import time
from statistics import median

from jobs.models import AsyncRequest, Status

MAX_RUNS = 50
MIN_RUNS = 5
_CACHE_SECONDS = 30.0
_Known = tuple[float, float | None]
# Action → the time of the next query, and the last answer. One query per action and process every half minute.
_known: dict[str, _Known] = {}


def learned_seconds(action: str) -> float | None:
    """Return the median seconds of the last ``MAX_RUNS`` completed runs' last attempts; None with fewer than five."""
    look_again_at, seconds = _known.get(action, (0.0, None))
    if time.monotonic() >= look_again_at:
        seconds = _median_of_runs(action)
        _known[action] = (time.monotonic() + _CACHE_SECONDS, seconds)
    return seconds


def forget() -> None:
    """Query the history again at the next call."""
    _known.clear()


def _median_of_runs(action: str) -> float | None:
    completed = AsyncRequest.objects.filter(action=action, status=Status.COMPLETED)
    timed = completed.filter(finished_at__isnull=False, attempt_started_at__isnull=False)
    runs = timed.order_by("-finished_at").values_list("attempt_started_at", "finished_at")[:MAX_RUNS]
    seconds = [(end - start).total_seconds() for start, end in runs if start and end]
    return median(seconds) if len(seconds) >= MIN_RUNS else None
