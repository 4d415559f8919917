"""The state that the checks for faults look at, asked for once."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import Error as DatabaseError
from django.utils import timezone

from jobs.metrics.faults.limits import FAILED_MINUTES
from jobs.metrics.minutes import Outcome, Sums, outcomes_since
from jobs.metrics.state import State, live_state
from jobs.queue.health.probes import probe_services
from jobs.queue.presence import served_queues


@dataclass(frozen=True, kw_only=True)
class Look:
    """The service at one moment."""

    now: datetime
    health: Mapping[str, Any]
    """The answer of ``probe_services``."""
    served: Mapping[str, frozenset[str]] | None
    """The live workers of each queue. None: Redis is away."""
    state: State | None
    """The live requests. None: the database is away."""
    ends: Mapping[Outcome, Sums]
    """The ends of the last ``FAILED_MINUTES``."""

    @property
    def is_redis_away(self) -> bool:
        return not self.health["parts"]["redis"]["ok"]


def take_look() -> Look:
    """Ask all parts. It raises nothing: what is away is left out."""
    health, now = probe_services(), timezone.now()
    state: State | None = None
    ends: Mapping[Outcome, Sums] = {}
    if health["status"] != "down":
        try:
            state, ends = live_state(now), outcomes_since(now - timedelta(minutes=FAILED_MINUTES), now)
        except DatabaseError:
            state = None
    served = served_queues() if health["parts"]["redis"]["ok"] else None
    return Look(now=now, health=health, served=served, state=state, ends=ends)
