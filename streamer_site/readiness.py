"""Tells whoever runs a stack what it still waits for, and what is away later on. No line has a password."""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from django.db import connections

from jobs.queue.health.services import Missing, database_place, find_missing, redis_place, wait_for_services
from streamer_site.local.stack import Stack

LOOK_SECONDS: Final = 2.0
_POLL_SECONDS = 0.2
_PATIENCE_SECONDS = 20.0
# While one of these is away, the others cannot be seen, or cannot be ready.
_HIDDEN_BY: Final = {
    "web": ("database", "redis", "workers", "sweeper", "folder"),
    "redis": ("workers", "sweeper"),
    "database": ("workers", "sweeper"),
}
_SUBJECTS: Final = {
    "web": "The web server",
    "database": "The database",
    "redis": "Redis",
    "workers": "A worker",
    "sweeper": "The sweeper",
    "folder": "The scratch folder",
}


def wait_for_foreign_services(stack: Stack, tell: Callable[[str], object]) -> None:
    """Wait for the database and the Redis that the stack does not start itself, and for room in its folder."""

    def look() -> list[Missing]:
        missing = find_missing(with_tables=False)
        return [one for one in missing if one.name != "redis" or stack.has_foreign_redis]

    try:
        wait_for_services(tell, look)
    finally:
        connections.close_all()


def wait_until_complete(stack: Stack, tell: Callable[[str], object]) -> None:
    """Return once web, workers and sweeper are all ready. Say what is missing when that takes long."""
    tell_at = time.monotonic() + _PATIENCE_SECONDS
    told: frozenset[str] = frozenset()
    while parts := visible(stack.missing_parts()):
        if time.monotonic() > tell_at:
            for line in lines_about(told, parts, _places(stack)):
                tell(line)
            told = parts
        time.sleep(_POLL_SECONDS)
    for line in lines_about(told, frozenset(), _places(stack)):
        tell(line)


def watch(stack: Stack, tell: Callable[[str], object]) -> None:
    """Say what goes away and what comes back, for ever. A part counts as away if two looks in a row miss it."""
    told: frozenset[str] = frozenset()
    before: frozenset[str] = frozenset()
    while True:
        time.sleep(LOOK_SECONDS)
        now = visible(stack.missing_parts())
        lasting = (now & before) | (now & told)
        for line in lines_about(told, lasting, _places(stack)):
            tell(line)
        told, before = lasting, now


def visible(parts: frozenset[str]) -> frozenset[str]:
    """Leave out the parts that are only missing because another is."""
    hidden = {hidden for part in parts for hidden in _HIDDEN_BY.get(part, ())}
    return parts - hidden


def lines_about(before: frozenset[str], now: frozenset[str], places: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for each part that is missing only now, and for each that is no longer missing."""
    for part in sorted(now - before):
        yield _LINES[part].format(**places)
    for part in sorted(before - now):
        yield f"{_SUBJECTS[part]} is ready."


def _places(stack: Stack) -> dict[str, str]:
    return {"database": database_place(), "redis": redis_place(stack.env.get("REDIS_URL", ""))}


_AGAIN = f"Streamer tries again all the time, and looks every {LOOK_SECONDS:g} s."
_LINES: Final = {
    "web": f"The web server does not answer. One that ended is started again. {_AGAIN}",
    "database": (
        f"The database does not answer at {{database}}, or lacks tables. No request is accepted meanwhile. {_AGAIN}"
    ),
    "redis": f"Redis does not answer at {{redis}}. Requests are kept, and run when it is back. {_AGAIN}",
    "workers": f"No worker is ready. Requests wait; one that ended is started again. {_AGAIN}",
    "sweeper": f"The sweeper is not ready. Lost requests are found later; it is started again. {_AGAIN}",
    "folder": f"The scratch folder cannot be written, so requests may fail. Make room on its disk. {_AGAIN}",
}
