"""Checks of Redis: that it answers, that not too many rings wait, and that RQ noted no failed jobs."""

from collections.abc import Iterator

import django_rq
import redis
from rq.registry import FailedJobRegistry
from rq.worker_registration import WORKERS_BY_QUEUE_KEY

from jobs.doctor.check import Check, Found, of_items
from jobs.formatting import format_counted
from jobs.queue.health.services import reason_of, redis_place
from jobs.queue.names import own_queues
from jobs.queue.wakeups import connection, is_ring, remove_rings, ring, waiting_rings


def _answers() -> Found:
    try:
        connection().ping()
    except (redis.RedisError, OSError) as error:
        return of_items([f"at {redis_place()}: {reason_of(error)}"])
    return of_items([])


def _workers(queue: str) -> int:
    return int(connection().scard(WORKERS_BY_QUEUE_KEY % queue))


def _crowded() -> list[str]:
    """List queues with more rings than workers plus one, which may be on its way to a worker that is ending."""
    return [name for name in own_queues() if waiting_rings(name) > max(1, _workers(name)) + 1]


def _thin_out() -> str:
    names = _crowded()
    for name in names:
        remove_rings(name)
        ring([name] * max(1, _workers(name)))
    return f"rang {format_counted(len(names), 'queue')} anew, once for each worker"


def _registries() -> Iterator[tuple[str, FailedJobRegistry]]:
    for name in own_queues():
        yield name, FailedJobRegistry(queue=django_rq.get_queue(name, connection=connection()))


def _failed() -> Found:
    counts = {name: sum(map(is_ring, registry.get_job_ids(cleanup=False))) for name, registry in _registries()}
    examples = tuple(f"{name}: {count}" for name, count in counts.items() if count)
    return Found(count=sum(counts.values()), examples=examples)


CHECKS = (
    Check(name="redis", sentence="Redis answers.", look=_answers),
    Check(
        name="rings",
        sentence="No queue has more waiting rings than its workers plus one.",
        look=lambda: of_items(_crowded()),
        remedy=_thin_out,
    ),
    Check(
        name="failed-shifts",
        sentence="Shifts whose process died in the last minute; they carry no request.",
        look=_failed,
        is_finding=False,
    ),
)
