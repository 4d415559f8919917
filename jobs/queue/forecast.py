"""The forecast of starts, if no request is added and each run takes as long as those before it. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from heapq import heapify, heapreplace


def start_seconds(free_in: Sequence[float], runs: Iterable[float]) -> Iterator[float]:
    """Forecast for each run, in the order in which they are taken, the seconds until a worker is free for it.

    ``free_in`` holds for each worker the seconds until its present run ends; ``runs`` the seconds that each run takes.
    """
    workers = list(free_in)
    heapify(workers)
    for seconds in runs:
        start = workers[0]
        yield start
        heapreplace(workers, start + seconds)
