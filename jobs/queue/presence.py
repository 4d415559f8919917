"""The live workers of each queue, as their registrations and heartbeats in Redis tell; and names for new ones.

``host-2/3`` is the third worker that its parent runs on ``host-2``. Leases and the books of RQ go by the name, so no
two workers may have the same at a time. A worker that takes the place of a dead one gets another number, as long as
anything in Redis or SQL still goes by the old one.
"""

import itertools
import socket
import time
from collections.abc import Mapping
from datetime import timedelta

import redis
from django.db import DatabaseError
from django.utils import timezone
from rq.utils import as_text, utcparse
from rq.worker import BaseWorker
from rq.worker_registration import WORKERS_BY_QUEUE_KEY

from jobs.models import AsyncRequest, Status
from jobs.queue.names import own_queues
from jobs.queue.wakeups import connection as redis_connection

HEARTBEAT_SECONDS = 5
"""The time between two heartbeats of a worker, in seconds, whether it is idle or busy."""
MEMORY_FIELD = "streamer_memory_bytes"
"""The field in RQ's book of a worker in which it tells the memory that it and its child take."""
_RESERVED = "streamer:worker-name:"
_RESERVED_SECONDS = 30
"""The seconds from the choice of a name to the registration under it, at most."""
_MAX_HOST = 100
_SILENCE = timedelta(seconds=3 * HEARTBEAT_SECONDS)
# Redis is asked no more often than this, however many clients ask and however slowly it fails.
_SERVED_SECONDS = 2.0
_served: Mapping[str, frozenset[str]] | None = None
_served_until = 0.0


def served_queues() -> Mapping[str, frozenset[str]] | None:
    """Map queue → the names of its live workers; None when Redis does not answer. Up to two seconds old."""
    global _served, _served_until
    if time.monotonic() >= _served_until:
        try:
            _served = ask_served_queues()
        except (redis.RedisError, OSError):
            _served = None
        _served_until = time.monotonic() + _SERVED_SECONDS
    return _served


def forget() -> None:
    """Ask Redis again at the next call."""
    global _served_until
    _served_until = 0.0


def ask_served_queues() -> dict[str, frozenset[str]]:
    """Map queue → the names of its live workers, in two round trips. Queues without one are left out."""
    names = own_queues()
    with redis_connection().pipeline(transaction=False) as pipeline:
        for name in names:
            pipeline.smembers(WORKERS_BY_QUEUE_KEY % name)
        registered = [{as_text(key) for key in keys} for keys in pipeline.execute()]
        keys = sorted(set().union(*registered))
        for key in keys:
            pipeline.hget(key, "last_heartbeat")
        heartbeats = dict(zip(keys, pipeline.execute(), strict=True)) if keys else {}
    alive = {key for key, heartbeat in heartbeats.items() if _is_recent(heartbeat)}
    served = {name: frozenset(map(_name_of, keys & alive)) for name, keys in zip(names, registered, strict=True)}
    return {name: workers for name, workers in served.items() if workers}


def _is_recent(heartbeat: bytes | None) -> bool:
    return heartbeat is not None and utcparse(as_text(heartbeat)) > timezone.now() - _SILENCE


def _name_of(key: str) -> str:
    return key.removeprefix(BaseWorker.redis_worker_namespace_prefix)


def reserve_name(number: int = 1, step: int = 1) -> str:
    """Return a free name with the number ``number``, or ``number + step``, and so on; it stays free for 30 s.

    ``step`` is the number of workers of one parent, so that these do not choose the same. Raises ``redis.RedisError``.
    """
    host = host_name()
    for place in itertools.count(number, step):
        name = f"{host}/{place}"
        # Reserved first: between a look and a reservation, another worker could come and register.
        if not redis_connection().set(_RESERVED + name, 1, nx=True, ex=_RESERVED_SECONDS):
            continue
        if not _is_taken(name):
            return name
        release_name(name)
    raise AssertionError  # the numbers do not end


def host_name() -> str:
    """Return the name of this host, as the names of its workers begin."""
    return socket.gethostname().partition(".")[0][:_MAX_HOST] or "host"


def release_name(name: str) -> None:
    """End the reservation: the worker is registered now. Raises ``redis.RedisError``."""
    redis_connection().delete(_RESERVED + name)


def _is_taken(name: str) -> bool:
    key = BaseWorker.redis_worker_namespace_prefix + name
    if redis_connection().exists(key) and not redis_connection().hexists(key, "death"):
        return True
    try:
        return AsyncRequest.objects.filter(status=Status.PROCESSING, worker=name).exists()
    except DatabaseError:
        return False  # a worker starts without the database too, and waits for it
