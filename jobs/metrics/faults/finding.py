"""Finds all faults, the most urgent first."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Final

from django.db import Error as DatabaseError

from jobs.metrics.faults.fault import Fault
from jobs.metrics.faults.first_seen import FirstSeen
from jobs.metrics.faults.limits import SEVERITIES
from jobs.metrics.faults.look import Look, take_look
from jobs.metrics.faults.parts import circuit_faults, disk_faults, part_faults
from jobs.metrics.faults.queues import RefusalRate, action_faults, queue_faults
from jobs.metrics.faults.requests import flood_faults, lost_faults, stuck_faults

Check = Callable[[Look], Iterable[Fault]]
_OF_PARTS: Final[tuple[Check, ...]] = (part_faults, disk_faults, circuit_faults, RefusalRate().faults)
_OF_ROWS: Final[tuple[Check, ...]] = (queue_faults, stuck_faults, action_faults, lost_faults, flood_faults)
_SEEN: Final = FirstSeen()


def find_faults(look: Look | None = None) -> list[Fault]:
    """Return what is wrong now; nothing if all is well. While the database is away, its rows are not looked at."""
    look = look or take_look()
    found = [fault for check in _OF_PARTS for fault in check(look)]
    if look.state is not None:
        with suppress(DatabaseError):  # it went away in between: the next look says so
            found += [fault for check in _OF_ROWS for fault in check(look)]
    order = list(SEVERITIES)
    found.sort(key=lambda fault: (order.index(fault.name), fault.subject))
    return _SEEN.complete(found, look.now)
