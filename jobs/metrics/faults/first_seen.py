"""The moments at which this process noticed the faults that do not tell when they began."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from jobs.metrics.faults.fault import Fault


class FirstSeen:
    """Remembers each fault for as long as it lasts. Its methods may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._moments: dict[tuple[str, str], datetime] = {}

    def complete(self, faults: Sequence[Fault], now: datetime) -> list[Fault]:
        """Return the faults, those without ``since`` with the moment at which they were seen first."""
        with self._lock:
            self._moments = {fault.key: self._moments.get(fault.key, now) for fault in faults}
            return [replace(fault, since=fault.since or self._moments[fault.key]) for fault in faults]
