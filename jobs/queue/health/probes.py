"""Probes of the parts that a request needs: database, Redis, folder, workers and sweeper."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import redis
from django.db import Error as DatabaseError
from django.db import connection as database
from django.utils import timezone

from jobs.circuit import circuit_states
from jobs.queue.health.services import missing_folder, missing_tables, reason_of
from jobs.queue.names import own_queues
from jobs.queue.presence import ask_served_queues
from jobs.queue.wakeups import SWEEPER_HEARTBEATS
from jobs.queue.wakeups import connection as redis_connection

_away_since: Final[dict[str, datetime]] = {}


def probe_services(*, with_reasons: bool = False) -> dict[str, Any]:
    """Return ``status`` (ok, degraded, down) and, for each part, ``ok``, ``milliseconds``, and numbers or the fault.

    Down: the database is away, so nothing can be accepted. Degraded: requests are kept but wait. ``circuits`` are the
    states of the circuit breakers of this process. ``with_reasons``: a part that fails has ``reason``, for operators.
    """
    asked = {"database": _database, "redis": _redis, "folder": _folder}
    parts = {name: probe_part(ask, with_reason=with_reasons) for name, ask in asked.items()}
    for name, ask in _IN_REDIS.items():
        # A silent Redis is waited for once.
        parts[name] = probe_part(ask, with_reason=with_reasons) if parts["redis"]["ok"] else parts["redis"]
    failed = [name for name, part in parts.items() if not part["ok"]]
    for name in parts:
        if name in failed:
            _away_since.setdefault(name, timezone.now())
        else:
            _away_since.pop(name, None)
    status = "down" if "database" in failed else "degraded" if failed else "ok"
    return {"status": status, "parts": parts, "circuits": circuit_states()}


def away_since(name: str) -> datetime | None:
    """Return the moment at which a probe of this process first found the part away. None: the last one found it well.

    Whoever asks for ``/readyz`` or ``/metrics`` has the process probe, so that it knows.
    """
    return _away_since.get(name)


def probe_part(ask: Callable[[], dict[str, Any]], *, with_reason: bool) -> dict[str, Any]:
    """Return ``ok``, ``milliseconds``, and what ``ask`` tells or the class of its error; if wanted, with the reason.

    Only services say a reason; the text of any other error might quote anything.
    """
    started = time.perf_counter()
    try:
        answer = {"ok": True, **ask()}
    except Exception as error:  # a probe that fails in a new way is still an answer
        answer = {"ok": False, "fault": type(error).__name__}
        if with_reason and isinstance(error, OSError | DatabaseError | redis.RedisError):
            answer["reason"] = reason_of(error)
    return {"milliseconds": _milliseconds_since(started), **answer}


def _milliseconds_since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 1)


def _database() -> dict[str, Any]:
    is_kept = database.connection is not None
    try:
        return _ask_database()
    except DatabaseError:
        if not is_kept or database.in_atomic_block:
            raise
        # The kept connection of this thread was cut, which nothing else may notice here: that says nothing of the next.
        database.close()
        return _ask_database()


def _ask_database() -> dict[str, Any]:
    started = time.perf_counter()
    with database.cursor() as cursor:
        cursor.execute("SELECT 1")
    took = _milliseconds_since(started)  # without the first look for migrations
    if missing_tables():
        return {"ok": False, "fault": "MigrationsMissing", "milliseconds": took}
    return {"vendor": database.vendor, "milliseconds": took}


def _redis() -> dict[str, Any]:
    redis_connection().ping()
    return {}


def _workers() -> dict[str, Any]:
    served = ask_served_queues()
    alive = frozenset[str]().union(*served.values())
    return {
        "ok": bool(alive),
        "alive": len(alive),
        "queues_without_worker": sorted(set(own_queues()) - served.keys()),
    }


def _sweeper() -> dict[str, Any]:
    alive = sum(1 for _ in redis_connection().scan_iter(f"{SWEEPER_HEARTBEATS}*"))
    return {"ok": alive > 0, "alive": alive}


def _folder() -> dict[str, Any]:
    return {"ok": missing_folder() is None}


_IN_REDIS: Final[dict[str, Callable[[], dict[str, Any]]]] = {"workers": _workers, "sweeper": _sweeper}
