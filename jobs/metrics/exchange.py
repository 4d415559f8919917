"""The counts of all processes together, in a hash of Redis. They begin anew when Redis has lost its data."""

import logging
from collections.abc import Mapping
from typing import Final

import msgspec
import redis

from jobs.circuit import CircuitBreaker
from jobs.metrics import counters
from jobs.metrics.counters import Key
from jobs.queue.wakeups import connection

logger = logging.getLogger(__name__)

FLUSH_SECONDS: Final = 5.0
"""The time between two calls of ``flush``, in seconds."""
_HASH: Final = "streamer:metrics"
_breaker = CircuitBreaker("counts are kept until it is back", name="metrics")


def flush() -> None:
    """Add what this process has counted to the counts of all. While Redis is away, it is kept in memory."""
    taken = counters.take()
    if taken and not _breaker.call(lambda: _add(taken)):
        counters.give_back(taken)


def read() -> dict[Key, float]:
    """Return the counts of all processes. While Redis is away, those that this process has not handed on."""
    total = counters.added()
    try:
        stored = connection().hgetall(_HASH)
    except (redis.RedisError, OSError) as error:
        logger.warning("Only the counts of this process are known: %s", error)
        stored = {}
    for name, value in stored.items():
        key = msgspec.json.decode(name, type=Key)
        total[key] = total.get(key, 0) + float(value)
    return total


def _add(taken: Mapping[Key, float]) -> None:
    with connection().pipeline(transaction=False) as pipeline:
        for key, value in taken.items():
            pipeline.hincrbyfloat(_HASH, msgspec.json.encode(key).decode(), value)
        pipeline.execute()
