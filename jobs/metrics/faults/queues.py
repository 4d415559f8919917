"""Checks of the queues, of the actions and of what limits refuse."""

import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from django.db.models import Min

from jobs.formatting import format_count, format_duration
from jobs.metrics import exchange
from jobs.metrics.faults.fault import Fault
from jobs.metrics.faults.limits import (
    FAILED_COUNT,
    FAILED_MINUTES,
    FAILED_SHARE,
    LAG_SECONDS,
    REFUSED_PER_SECOND,
    REFUSED_SECONDS,
    UNSERVED_SECONDS,
)
from jobs.metrics.faults.look import Look
from jobs.models import AsyncRequest, Status

_REFUSALS: Final = "streamer_refusals"
_LIMITS: Final = ("rate_limited", "connect_rate")
_LEAST_SECONDS: Final = 10.0
"""Two counts that are nearer tell no rate."""


def queue_faults(look: Look) -> Iterator[Fault]:
    """Yield the queues that wait for too long. Whether one has a worker is known while Redis answers."""
    if look.state is None:
        return
    for name, queue in sorted(look.state.queues.items()):
        since = look.now - timedelta(seconds=queue.lag_seconds)
        waits, shown = format_duration(queue.lag_seconds), {"status": "waiting", "queue": name}
        if look.served is not None and name not in look.served and queue.lag_seconds > UNSERVED_SECONDS:
            text = f"No worker serves the queue {name}, where requests have waited for {waits}."
            advice = f"Start `manage.py streamer_worker {name}`."
            unserved = Fault(
                name="StreamerQueueWithoutWorker", subject=name, text=text, advice=advice, since=since, requests=shown
            )
            yield unserved
        elif queue.lag_seconds > LAG_SECONDS:
            text = f"The queue {name} is late: a request that may run has waited for {waits}."
            advice = f"Start more workers with `manage.py streamer_worker {name}`, or pause what takes so long."
            yield Fault(name="StreamerQueueLag", subject=name, text=text, advice=advice, since=since, requests=shown)


def action_faults(look: Look) -> Iterator[Fault]:
    """Yield the actions of which too many failed lately, with the commonest code."""
    ended: Counter[str] = Counter()
    codes: dict[str, Counter[str]] = {}
    for (action, status, code), sums in look.ends.items():
        ended[action] += sums.count
        if status == Status.FAILED:
            codes.setdefault(action, Counter())[code] += sums.count
    for action, failures in sorted(codes.items()):
        failed = failures.total()
        if failed < FAILED_COUNT or failed <= FAILED_SHARE * ended[action]:
            continue
        (code, _), *_ = failures.most_common(1)
        text = (
            f"Of {format_count(ended[action])} requests of {action} that ended in the last {FAILED_MINUTES} min, "
            f"{format_count(failed)} failed, most with {code or 'no code'}."
        )
        advice = f"See why, and pause it meanwhile: `manage.py streamer_pause {action}`."
        shown = {"status": str(Status.FAILED), "action": action}
        yield Fault(
            name="StreamerActionFails",
            subject=action,
            text=text,
            advice=advice,
            since=_first_failure(action, look),
            requests=shown,
        )


def _first_failure(action: str, look: Look) -> datetime | None:
    rows = AsyncRequest.objects.filter(
        action=action,
        status=Status.FAILED,
        finished_at__isnull=False,
        finished_at__gte=look.now - timedelta(minutes=FAILED_MINUTES + 1),
    )
    first: datetime | None = rows.aggregate(first=Min("finished_at"))["first"]
    return first


class RefusalRate:
    """The refusals a second of each limit, from the counts at earlier looks of this process."""

    def __init__(self) -> None:
        self._counts: deque[tuple[float, Mapping[str, float]]] = deque(maxlen=200)

    def faults(self, look: Look) -> Iterator[Fault]:
        """Yield the limits that refuse too many, since a look ten seconds to a minute ago."""
        if look.is_redis_away:
            return
        for reason, rate in sorted(self._rates(time.monotonic(), _refused()).items()):
            if rate > REFUSED_PER_SECOND:
                text = f"Clients are refused, {format_count(round(rate))} times a second: {reason}."
                advice = "The log has lines `Message refused` with user, tenant and address."
                yield Fault(name="StreamerClientsRefused", subject=reason, text=text, advice=advice)

    def _rates(self, moment: float, counts: Mapping[str, float]) -> dict[str, float]:
        while self._counts and moment - self._counts[0][0] > REFUSED_SECONDS:
            self._counts.popleft()
        earlier = self._counts[0] if self._counts else None
        self._counts.append((moment, counts))
        if earlier is None or moment - earlier[0] < _LEAST_SECONDS:
            return {}
        seconds, before = moment - earlier[0], earlier[1]
        return {reason: (count - before.get(reason, 0)) / seconds for reason, count in counts.items()}


def _refused() -> dict[str, float]:
    counts: dict[str, float] = {}
    for (name, labels, _), count in exchange.read().items():
        if name == _REFUSALS and len(labels) == 2 and labels[1].startswith(_LIMITS):
            counts[labels[1]] = counts.get(labels[1], 0) + count
    return counts
