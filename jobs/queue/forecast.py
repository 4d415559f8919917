"""The forecast of starts, if no request is added and each run takes as long as expected. Pure.

It plays through what the workers will do: whenever a run ends, or a limit per minute counts a start no more, a worker
claims by the rules of ``jobs.queue.claims``.
"""

from bisect import bisect_left, insort
from collections import defaultdict, deque
from collections.abc import Collection, Iterable
from copy import deepcopy
from datetime import datetime
from heapq import heapify, heappop, heappush
from itertools import count
from uuid import UUID

from jobs.queue.key_limits import WINDOW_SECONDS
from jobs.queue.reservation import Served
from jobs.queue.running import Run, Running

# A forecast may take this many looks at requests that could be next: some hundredths of a second.
_MAX_LOOKS = 100_000
_Kind = tuple[str, str, str, str | None, bool]
_Place = tuple[int, int, datetime, str]


def forecast_starts(
    waiting: Iterable[Run], running: Running, served: Served, wanted: Collection[UUID]
) -> dict[UUID, float]:
    """Map each wanted request to the seconds until it starts. Left out is what no worker starts, or is too far off.

    ``running.served`` is ignored for ``served``: the live workers by queue.
    """
    line = _Line(waiting, running, served)
    numbers = count()
    # The ends of runs, and the ends of the minutes in which starts count: then the key takes the place of the run.
    ends: list[tuple[float, int, Run | str, str]] = [
        *((run.seconds, next(numbers), run, run.worker) for run in running.runs),
        *((WINDOW_SECONDS - age, next(numbers), key, "") for key, age in line.starts),
    ]
    heapify(ends)
    groups = _groups_of(served)
    busy = {run.worker for run in running.runs}
    idle = {queues: [name for name in names if name not in busy] for queues, names in groups.items()}
    group_of = {name: queues for queues, names in groups.items() for name in names}
    open_, starts, now = set(wanted), dict[UUID, float](), 0.0
    while open_ and line.looks < _MAX_LOOKS:
        for queues, names in idle.items():
            while names and (run := line.take(queues, names[-1])) is not None:
                heappush(ends, (now + run.seconds, next(numbers), run, names.pop()))
                if run.limit_key is not None:
                    heappush(ends, (now + WINDOW_SECONDS, next(numbers), run.limit_key, ""))
                if run.request_id in open_:
                    open_.discard(run.request_id)
                    starts[run.request_id] = now
        if not ends:
            break
        now, _, ended, worker = heappop(ends)
        if isinstance(ended, str):
            line.forget_start(ended)
            continue
        line.end(ended, worker)
        if worker in group_of:
            idle[group_of[worker]].append(worker)
    return starts


def _groups_of(served: Served) -> dict[frozenset[str], list[str]]:
    """Group the workers by the queues that they serve: those of a group do the same when they are free."""
    queues_of = defaultdict(set)
    for queue, names in served.items():
        for name in names:
            queues_of[name].add(queue)
    groups = defaultdict(list)
    for name in sorted(queues_of):
        groups[frozenset(queues_of[name])].append(name)
    return dict(groups)


class _Line:
    """The waiting requests, in the order in which they are claimed."""

    def __init__(self, waiting: Iterable[Run], running: Running, served: Served) -> None:
        self.looks = 0
        self._has_keys = False
        self._running = deepcopy(running)
        self._running.served = served
        # Of requests of one kind the oldest comes first, and what forbids one forbids all.
        self._kinds: dict[str, dict[_Kind, deque[Run]]] = defaultdict(lambda: defaultdict(deque))
        for run in sorted(waiting, key=lambda run: run.order_at):
            self._has_keys |= run.limit_key is not None
            self._kinds[run.tenant_id][run.queue, run.user_id, run.action, run.limit_key, run.is_long].append(run)
        self._place_of = {tenant_id: self._place(tenant_id) for tenant_id in self._kinds}
        self._places = sorted(self._place_of.values())

    @property
    def starts(self) -> list[tuple[str, float]]:
        """The starts that count for those that wait: key and age in seconds."""
        return self._running.starts.ages if self._has_keys else []

    def take(self, queues: frozenset[str], worker: str) -> Run | None:
        """Take the request that ``worker``, which serves ``queues``, claims next; None when it may start none."""
        best: tuple[_Place, _Kind] | None = None
        for place in self._places:
            if best is not None and place >= best[0]:
                break
            load, recency, _, tenant_id = place
            for kind, runs in self._kinds[tenant_id].items():
                self.looks += 1
                own = (load, recency, runs[0].order_at, tenant_id)
                if kind[0] in queues and (best is None or own < best[0]) and self._running.allows(runs[0], worker):
                    best = own, kind
        if best is None:
            return None
        (*_, tenant_id), kind = best
        runs = self._kinds[tenant_id][kind]
        run = runs.popleft()
        if not runs:
            del self._kinds[tenant_id][kind]
        self._running.start(run, worker)
        if run.limit_key is not None:
            self._running.starts.numbers[run.limit_key] += 1
        self._move(tenant_id)
        return run

    def end(self, run: Run, worker: str) -> None:
        """Note that a run has ended."""
        self._running.end(run, worker)
        self._move(run.tenant_id)

    def forget_start(self, key: str) -> None:
        """Note that a start with this key is a minute ago."""
        self._running.starts.numbers[key] -= 1

    def _place(self, tenant_id: str) -> _Place:
        first = min(runs[0].order_at for runs in self._kinds[tenant_id].values())
        return self._running.by_tenant[tenant_id], self._running.recency.get(tenant_id, 0), first, tenant_id

    def _move(self, tenant_id: str) -> None:
        """Bring the tenant to its place among the others, or away if nothing of it waits any more."""
        if (old := self._place_of.pop(tenant_id, None)) is not None:
            del self._places[bisect_left(self._places, old)]
        if self._kinds.get(tenant_id):
            self._place_of[tenant_id] = self._place(tenant_id)
            insort(self._places, self._place_of[tenant_id])
