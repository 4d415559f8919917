"""Checks of the parts of the service: database, Redis, workers, sweeper, folders, disks, breakers."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final

from jobs.circuit import failing_circuits
from jobs.formatting import format_bytes, format_duration
from jobs.metrics.disks import disks
from jobs.metrics.faults.fault import Fault
from jobs.metrics.faults.limits import CIRCUIT_SECONDS, DISK_SHARE, SLOW_SECONDS
from jobs.metrics.faults.look import Look
from jobs.metrics.service import last_minute
from jobs.queue.health.probes import away_since

_NEED_REDIS: Final = ("workers", "sweeper")
# The row of a minute is written this long after the minute began, at the latest.
_WRITTEN_AFTER: Final = timedelta(seconds=80)
_WORDS: Final = {
    "database": ("The database does not answer: no request is accepted.", "Bring it back; clients try again."),
    "redis": (
        "Redis does not answer: requests run, more slowly, and sign-ins are refused.",
        "Bring it back; nothing is lost. Workers and sweeper are not known meanwhile.",
    ),
    "workers": ("No worker is there: requests are accepted and wait.", "Start `manage.py streamer_worker`."),
    "sweeper": ("No sweeper is there: nothing finds lost work or retries.", "Start `manage.py streamer_sweep`."),
    "folder": (
        "The folder for scratch files cannot be written: runs that need it fail.",
        "Make room, or correct its permissions.",
    ),
}
_LABELS: Final = {"database": "The database", "redis": "Redis"}


def part_faults(look: Look) -> Iterator[Fault]:
    """Yield the parts that do not answer, or slowly. Without Redis, workers and sweeper are not known."""
    for name, part in look.health["parts"].items():
        if name in _NEED_REDIS and look.is_redis_away:
            continue
        if not part["ok"]:
            yield _away(name, part, look)
        elif name in _LABELS and part["milliseconds"] > SLOW_SECONDS * 1000:
            took = format_duration(part["milliseconds"] / 1000)
            text = f"{_LABELS[name]} took {took} to answer; it should take less than {format_duration(SLOW_SECONDS)}."
            advice = "Look for long statements, a busy disk or a busy host there."
            yield Fault(name="StreamerPartSlow", subject=name, text=text, advice=advice)


def _away(name: str, part: dict[str, Any], look: Look) -> Fault:
    text, advice = _WORDS[name]
    if part.get("fault") == "MigrationsMissing":
        text, advice = "The database lacks migrations: no request is accepted.", "Run `manage.py migrate`."
    since = away_since(name)
    if name == "redis":
        since = min(filter(None, [since, *failing_circuits(CIRCUIT_SECONDS).values()]), default=None)
    elif name == "sweeper" and look.state is not None and (last := last_minute()) is not None:
        since = last + _WRITTEN_AFTER
    waits = {"status": "waiting"} if name == "workers" else {}
    return Fault(name="StreamerPartAway", subject=name, text=text, advice=advice, since=since, requests=waits)


def disk_faults(look: Look) -> Iterator[Fault]:
    for name, disk in disks().items():
        if disk.free_share < DISK_SHARE:
            room = f"{format_bytes(disk.free_bytes)} of {format_bytes(disk.size_bytes)}"
            text = f"The disk of the {name} folder is nearly full: {room} are free."
            advice = (
                "Delete old requests with `manage.py streamer_prune`, or make the disk larger."
                if name == "database"
                else "Delete what dead runs left with `manage.py streamer_sweep --once`, or make the disk larger."
            )
            yield Fault(name="StreamerDiskFull", subject=name, text=text, advice=advice)


def circuit_faults(look: Look) -> Iterator[Fault]:
    """Yield the open breakers of this process. While Redis is away all open, and one fault says so."""
    if look.is_redis_away:
        return
    for name, since in failing_circuits(CIRCUIT_SECONDS).items():
        text = f"Calls to Redis for {name} fail in this web process, though Redis answers."
        advice = "Look for `Redis is not reachable` in the log of the process: a limit of Redis, or its network."
        yield Fault(name="StreamerCircuitOpen", subject=name, text=text, advice=advice, since=since)
