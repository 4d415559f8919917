"""Probes of the parts that a request needs: the database, Redis, the workers and the sweeper."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

import redis
from django.db import connection as database
from django.utils import timezone
from rq import Worker
from rq.worker import BaseWorker

from jobs.queue.names import own_queues
from jobs.queue.wakeups import SWEEPER_HEARTBEATS
from jobs.queue.wakeups import connection as redis_connection

# An idle worker sends a heartbeat every 15 s (see streamer_worker), a busy one every 10 s.
_WORKER_SILENCE = timedelta(seconds=40)
# Redis is asked no more often than this, however many clients ask and however slowly it fails.
_SERVED_SECONDS = 2.0
_served: Mapping[str, frozenset[str]] | None = None
_served_until = 0.0


def probe_services() -> dict[str, Any]:
    """Return ``status`` (ok, degraded, down) and, for each part, ``ok``, ``milliseconds``, and numbers or the fault.

    Down: the database is away, so nothing can be accepted. Degraded: requests are kept but wait.
    """
    parts = {
        "database": _probe(_database),
        "redis": _probe(_redis),
        "workers": _probe(_workers),
        "sweeper": _probe(_sweeper),
    }
    failed = [name for name, part in parts.items() if not part["ok"]]
    status = "down" if "database" in failed else "degraded" if failed else "ok"
    return {"status": status, "parts": parts}


def _probe(ask: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    started = time.perf_counter()
    try:
        answer = {"ok": True, **ask()}
    except Exception as error:  # a probe that fails in a new way is still an answer
        answer = {"ok": False, "fault": type(error).__name__}
    return {**answer, "milliseconds": round((time.perf_counter() - started) * 1000, 1)}


def _database() -> dict[str, Any]:
    with database.cursor() as cursor:
        cursor.execute("SELECT 1")
    return {"vendor": database.vendor}


def _redis() -> dict[str, Any]:
    redis_connection().ping()
    return {}


def served_queues() -> Mapping[str, frozenset[str]] | None:
    """Map queue → the names of its live workers; None when Redis does not answer. Up to two seconds old."""
    global _served, _served_until
    if time.monotonic() >= _served_until:
        try:
            _served = _queues_of(_live_workers())
        except (redis.RedisError, OSError):
            _served = None
        _served_until = time.monotonic() + _SERVED_SECONDS
    return _served


def _live_workers() -> list[BaseWorker]:
    alive_since = timezone.now() - _WORKER_SILENCE
    workers = Worker.all(connection=redis_connection())
    return [worker for worker in workers if worker.last_heartbeat and worker.last_heartbeat > alive_since]


def _queues_of(workers: Iterable[BaseWorker]) -> dict[str, frozenset[str]]:
    names = defaultdict(set)
    for worker in workers:
        for queue in worker.queue_names():
            names[queue].add(worker.name)
    return {queue: frozenset(served_by) for queue, served_by in names.items()}


def _workers() -> dict[str, Any]:
    own = set(own_queues())
    alive = [worker for worker in _live_workers() if own & set(worker.queue_names())]
    return {
        "ok": bool(alive),
        "alive": len(alive),
        "queues_without_worker": sorted(own - _queues_of(alive).keys()),
    }


def _sweeper() -> dict[str, Any]:
    alive = sum(1 for _ in redis_connection().scan_iter(f"{SWEEPER_HEARTBEATS}*"))
    return {"ok": alive > 0, "alive": alive}
