"""The state of the service and what came of its requests lately, as one object for commands and pages."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from jobs.metrics.buckets import percentile
from jobs.metrics.faults.finding import find_faults
from jobs.metrics.minutes import Outcome, Sums, outcomes_since
from jobs.metrics.state import State, live_state
from jobs.models import Status
from jobs.queue.presence import served_queues


def summary(now: datetime, since: timedelta) -> dict[str, Any]:
    """Return ``faults``, ``queues`` and ``actions``, each a list of objects, and ``failures`` (code → count).

    Times are in seconds. The ends are those since ``since`` ago, to the minute. ``workers`` is None while Redis is
    away.
    """
    state = live_state(now)
    found = outcomes_since(now - since, now)
    names = sorted({*state.waiting, *state.retrying, *state.running, *(action for action, _, _ in found)})
    actions = [
        {
            "action": name,
            "paused": name in state.paused,
            "waiting": state.waiting.get(name, 0),
            "retrying": state.retrying.get(name, 0),
            "running": state.running.get(name, 0),
            **_ends(name, found),
        }
        for name in names
    ]
    failures: dict[str, int] = {}
    for (_, _, code), sums in found.items():
        if code:
            failures[code] = failures.get(code, 0) + sums.count
    faults = [fault.as_json() for fault in find_faults()]
    return {"faults": faults, "queues": queues_of(state), "actions": actions, "failures": failures}


def queues_of(state: State) -> list[dict[str, Any]]:
    """List the queues of a state by name, with the workers of each. ``workers`` is None while Redis is away."""
    served = served_queues()
    return [
        {
            "queue": name,
            "waiting": queue.waiting,
            "running": queue.running,
            "lag_seconds": round(queue.lag_seconds, 3),
            "oldest_seconds": round(queue.oldest_seconds, 3),
            "workers": None if served is None else len(served.get(name, ())),
            "limit": queue.limit,
            "paused": queue.pause is not None,
            "paused_at": queue.pause and queue.pause.paused_at.isoformat(),
            "paused_by": queue.pause and queue.pause.paused_by,
            "reason": queue.pause and queue.pause.reason,
        }
        for name, queue in sorted(state.queues.items())
    ]


def _ends(action: str, found: Mapping[Outcome, Sums]) -> dict[str, Any]:
    counts = dict.fromkeys((Status.COMPLETED, Status.FAILED, Status.CANCELLED), 0)
    total = Sums()
    for (name, status, _), sums in found.items():
        if name == action:
            counts[Status(status)] += sums.count
            total.add(sums)
    times = {
        f"{what}_p{percent}_seconds": percentile(buckets, percent)
        for what, buckets in (("wait", total.waited), ("run", total.ran))
        for percent in (50, 95)
    }
    return {
        **{str(status): count for status, count in counts.items()},
        "retries": total.retries,
        "lost": total.lost,
        **{name: None if seconds is None else round(seconds, 3) for name, seconds in times.items()},
    }
