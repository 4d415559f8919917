"""Rings: an RQ job that carries no request and only says "there is work in this queue".

A lost ring is rung again by the sweeper; a ring too many finds nothing to do. So nothing here may fail or delay
the caller: while Redis is down it is asked once a second only.
"""

import time
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import django_rq
import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq.job import Job
from rq.worker_registration import WORKERS_BY_QUEUE_KEY

from jobs.circuit import CircuitBreaker

SHIFT = "jobs.execution.shift.work_shift"
SERIALIZER = "rq.serializers.JSONSerializer"
SWEEPER_HEARTBEATS = "streamer:sweeper:"
MAX_WAIT_SECONDS = 2.5
"""One answer of Redis is waited for so long at most, because the connection takes a longer silence for a failure."""
_SILENCE_SECONDS = 5

breaker = CircuitBreaker("the sweeper will wake the workers later")


@cache
def connection() -> redis.Redis:
    """The kept connection for rings and heartbeats. Quick to give up: see the module's first lines."""
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=_SILENCE_SECONDS, socket_connect_timeout=1, retry=Retry(NoBackoff(), 1)
    )


def ring(queues: Iterable[str]) -> None:
    """Wake a worker for each name (a queue may be named several times, once for each request that waits in it).

    No more rings are left waiting than there are workers to hear them.
    """
    breaker.call(lambda: _ring_all(queues))


def waiting_rings(queue: str) -> int:
    return int(connection().llen(_queue(queue).key))


def await_ring(queues: Sequence[str], seconds: float) -> bool:
    """Wait for a ring in any of the queues, take it, and say whether one came."""
    keys = [_queue(name).key for name in queues]
    ends_at = time.monotonic() + seconds
    while (left := ends_at - time.monotonic()) > 0:
        # Redis takes 0 for ever, and thousandths of a second for the least.
        popped: Any = connection().blpop(keys, timeout=max(0.01, min(left, MAX_WAIT_SECONDS)))
        if popped is not None:
            connection().delete(Job.key_for(popped[1].decode()))
            return True
    return False


def _ring_all(queues: Iterable[str]) -> None:
    for name, count in Counter(queues).items():
        _ring(name, count)


def _ring(name: str, count: int) -> None:
    queue = _queue(name)
    with connection().pipeline(transaction=False) as pipeline:
        pipeline.llen(queue.key)
        pipeline.scard(WORKERS_BY_QUEUE_KEY % name)
        rings, workers = pipeline.execute()
    for _ in range(min(count, max(1, workers) - rings)):
        queue.enqueue_call(SHIFT, args=([name], ""), timeout=-1, result_ttl=0, failure_ttl=60, description="shift")


@cache
def _queue(name: str) -> Any:
    """Return RQ's queue as rings need it, whatever else ``RQ_QUEUES`` and ``RQ`` say."""
    return django_rq.get_queue(name, connection=connection(), serializer=SERIALIZER, commit_mode="auto")
