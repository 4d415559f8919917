"""The live workers: since when each lives, what it runs, the memory it takes, and if it is to leave."""

import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from django.utils import timezone
from rq.utils import as_text, utcparse
from rq.worker import BaseWorker

from jobs.models import AsyncRequest, Status
from jobs.queue.control.drains import ordered
from jobs.queue.names import own_queues
from jobs.queue.presence import MEMORY_FIELD, ask_served_queues
from jobs.queue.wakeups import connection as redis_connection

State = Literal["idle", "busy", "draining", "silent"]
_LOOK_SECONDS: Final = 0.5
_FIELDS: Final = ("birth", "pid", MEMORY_FIELD)


@dataclass(frozen=True, kw_only=True)
class WorkerState:
    """One worker. What only its signs of life tell is None for one that is silent."""

    name: str
    """Its host, a slash, and its number."""
    state: State
    """``draining``: it takes no new request. ``silent``: a request runs in its name, but it shows no sign of life."""
    queues: tuple[str, ...] = ()
    started_at: datetime | None = None
    pid: int | None = None
    """On its host, or in its container."""
    memory_bytes: int | None = None
    """Of the worker and its child, where shared pages count in parts. None: not Linux, or not told yet."""
    run: AsyncRequest | None = None
    """The request that it runs, with id, action, title and start alone."""

    @property
    def host(self) -> str:
        return self.name.rpartition("/")[0]

    def as_json(self) -> dict[str, Any]:
        run = self.run
        return {
            "name": self.name,
            "host": self.host,
            "state": self.state,
            "queues": list(self.queues),
            "started_at": self.started_at and self.started_at.isoformat(),
            "pid": self.pid,
            "memory_bytes": self.memory_bytes,
            "request_id": run and str(run.id),
            "action": run and run.action,
            "running_seconds": run and _seconds_of(run),
        }


def list_workers() -> list[WorkerState]:
    """List the workers by name, first those that run a request. Raises ``redis.RedisError``."""
    return workers_of(ask_served_queues())


def workers_of(served: Mapping[str, Iterable[str]]) -> list[WorkerState]:
    """List the workers of the queues, and those in whose name requests run though they show no sign of life.

    ``served`` maps queue → names of live workers. Raises ``redis.RedisError``.
    """
    queues: dict[str, list[str]] = {}
    for queue in sorted(served):
        for name in served[queue]:
            queues.setdefault(name, []).append(queue)
    runs = _runs()
    facts, leaving = _facts(sorted(queues)), ordered(queues)
    workers = []
    for name in sorted({*queues, *runs}, key=lambda name: (name not in runs, *_order(name))):
        known = facts.get(name, {})
        state: State = "busy" if name in runs else "idle"
        if name not in queues:
            state = "silent"
        elif name in leaving:
            state = "draining"
        workers.append(
            WorkerState(
                name=name,
                state=state,
                queues=tuple(queues.get(name, ())),
                started_at=utcparse(known["birth"]) if "birth" in known else None,
                pid=int(known["pid"]) if "pid" in known else None,
                memory_bytes=int(known[MEMORY_FIELD]) if MEMORY_FIELD in known else None,
                run=runs.get(name),
            )
        )
    return workers


def unserved(workers: Iterable[WorkerState]) -> list[str]:
    """List Streamer's queues of which no live worker takes requests."""
    served = {queue for worker in workers if worker.state in ("idle", "busy") for queue in worker.queues}
    return sorted(set(own_queues()) - served)


def await_left(names: Collection[str], seconds: float) -> set[str]:
    """Wait until none of these workers is there any more, or the time is over. Return those that still are.

    One that runs a request without a sign of life counts as there. Raises ``redis.RedisError``.
    """
    give_up_at = time.monotonic() + seconds
    while left := {worker.name for worker in list_workers()} & set(names):
        if time.monotonic() >= give_up_at:
            break
        time.sleep(min(_LOOK_SECONDS, max(0.0, give_up_at - time.monotonic())))
    return left


def _runs() -> dict[str, AsyncRequest]:
    held = AsyncRequest.objects.filter(status=Status.PROCESSING).exclude(worker="").order_by()
    return {row.worker: row for row in held.only("worker", "action", "title", "attempt_started_at")}


def _facts(names: list[str]) -> dict[str, dict[str, str]]:
    """Map worker → what it tells of itself, in one round trip."""
    with redis_connection().pipeline(transaction=False) as pipeline:
        for name in names:
            pipeline.hmget(BaseWorker.redis_worker_namespace_prefix + name, _FIELDS)
        answers = pipeline.execute()
    return {
        name: {field: as_text(value) for field, value in zip(_FIELDS, values, strict=True) if value}
        for name, values in zip(names, answers, strict=True)
    }


def _order(name: str) -> tuple[str, int, str]:
    """Return a key that puts ``host/10`` behind ``host/9``."""
    host, _, number = name.rpartition("/")
    return (host, int(number), "") if number.isdecimal() else (name, 0, number)


def _seconds_of(run: AsyncRequest) -> float | None:
    started_at = run.attempt_started_at
    return None if started_at is None else round((timezone.now() - started_at).total_seconds(), 1)
