"""Rings: an RQ job that carries no request and only says "there is work in this queue".

Jobs of others may wait in the same queue. They are told apart by their ids, and left alone.
The sweeper replaces a lost ring, and a ring too many finds nothing to do. So nothing here may fail or delay the
caller: while Redis is down it is asked once a second only.
"""

import time
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import django_rq
import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry
from rq import Queue
from rq.job import Job
from rq.queue import EnqueueData
from rq.utils import as_text
from rq.worker_registration import WORKERS_BY_QUEUE_KEY

from jobs.circuit import CircuitBreaker
from jobs.conf.redis_url import redis_client
from jobs.queue.names import own_queues

SHIFT = "jobs.execution.shift.work_shift"
RING_ID = "streamer-ring-"
"""The prefix of the ids of Streamer's RQ jobs."""
SERIALIZER = "rq.serializers.JSONSerializer"
SWEEPER_HEARTBEATS = "streamer:sweeper:"
MAX_WAIT_SECONDS = 2.5
"""The longest wait for a ring in one command, in seconds."""
ANSWER_SECONDS = 2.0
"""The time in which Redis must answer, in seconds: the connection takes a longer silence for a failure."""

breaker = CircuitBreaker("the sweeper will wake the workers later", name="rings")


@cache
def connection() -> redis.Redis:
    """Return the kept connection for rings and heartbeats. It gives up quickly: see the module's docstring."""
    return _connect(ANSWER_SECONDS)


@cache
def _waiting_connection() -> redis.Redis:
    """Return the kept connection for commands that wait for a ring before they are answered."""
    return _connect(MAX_WAIT_SECONDS + ANSWER_SECONDS)


def _connect(answer_seconds: float) -> redis.Redis:
    # A kept connection that was cut is made anew. A server that is silent is not asked twice.
    retry = Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,))
    # Without driver_info, each new connection would read the client library's version from its package.
    options: dict[str, Any] = {"socket_timeout": answer_seconds, "socket_connect_timeout": 1, "driver_info": None}
    return redis_client(settings.REDIS_URL, retry=retry, **options)


def ring(queues: Iterable[str]) -> None:
    """Wake a worker for each name (a queue may be named several times, once for each request that waits in it).

    No more rings are left waiting than there are workers to hear them. Queues that are not Streamer's are passed over.
    """
    breaker.call(lambda: _ring_all(queues))


def is_ring(job_id: str) -> bool:
    return job_id.startswith(RING_ID)


def waiting_rings(queue: str) -> int:
    return len(_rings(connection().lrange(_queue(queue).key, 0, -1)))


def remove_rings(queue: str) -> None:
    """Remove all rings that wait in the queue, and nothing else."""
    key = _queue(queue).key
    rings = _rings(connection().lrange(key, 0, -1))
    with connection().pipeline(transaction=False) as pipeline:
        for job_id in rings:
            pipeline.lrem(key, 1, job_id)
            pipeline.delete(Job.key_for(job_id))
        pipeline.execute()


def await_ring(queues: Sequence[str], seconds: float) -> bool:
    """Wait for a ring in any of the queues, take it, and say whether one came.

    Ends early when another program's job comes first: that goes back to its place, where the worker finds it.
    """
    keys = [_queue(name).key for name in queues]
    ends_at = time.monotonic() + seconds
    while (left := ends_at - time.monotonic()) > 0:
        # Redis reads 0 as for ever, and its smallest time is a millisecond.
        popped: Any = _waiting_connection().blpop(keys, timeout=max(0.01, min(left, MAX_WAIT_SECONDS)))
        if popped is None:
            continue
        key, job_id = popped
        if not is_ring(as_text(job_id)):
            connection().lpush(key, job_id)
            return False
        connection().delete(Job.key_for(as_text(job_id)))
        return True
    return False


def _ring_all(queues: Iterable[str]) -> None:
    """Look at all queues in one round trip, and ring in all of them in another."""
    own = own_queues()
    wanted = {name: count for name, count in Counter(queues).items() if name in own}
    if not wanted:
        return
    with connection().pipeline(transaction=False) as pipeline:
        for name in wanted:
            pipeline.lrange(_queue(name).key, 0, -1)
            pipeline.scard(WORKERS_BY_QUEUE_KEY % name)
        answers = pipeline.execute()
    with connection().pipeline() as pipeline:
        for (name, count), job_ids, workers in zip(wanted.items(), answers[::2], answers[1::2], strict=True):
            missing = min(count, max(1, workers) - len(_rings(job_ids)))
            if missing > 0:
                _queue(name).enqueue_many([_ring_in(name) for _ in range(missing)], pipeline=pipeline)
        pipeline.execute()


def _ring_in(queue: str) -> EnqueueData:
    return Queue.prepare_data(
        SHIFT,
        args=([queue], ""),
        timeout=-1,
        result_ttl=0,
        failure_ttl=60,
        description="shift",
        job_id=f"{RING_ID}{uuid.uuid4().hex}",
    )


def _rings(job_ids: Iterable[bytes | str]) -> list[str]:
    return [job_id for job_id in map(as_text, job_ids) if is_ring(job_id)]


@cache
def _queue(name: str) -> Any:
    """Return RQ's queue as rings need it, whatever else ``RQ_QUEUES`` and ``RQ`` say."""
    return django_rq.get_queue(name, connection=connection(), serializer=SERIALIZER, commit_mode="auto")
