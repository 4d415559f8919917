"""Orders to single workers: take no new request, finish what runs, then leave.

An order is a key in Redis, which the worker looks for at each heartbeat, and a hint that has it leave at once.
"""

from collections.abc import Collection, Iterable
from typing import Final

from rq.command import send_command

from jobs.queue.wakeups import connection as redis_connection

DRAIN: Final = "drain"
"""The command of the hint, among those of RQ."""
_ORDER: Final = "streamer:drain:"
# Longer than any run. It ends by itself for a worker that died meanwhile.
_ORDER_SECONDS: Final = 7 * 86_400


def order_drain(names: Iterable[str]) -> None:
    """Have these workers leave. Raises ``redis.RedisError``."""
    for name in names:
        redis_connection().set(_ORDER + name, 1, ex=_ORDER_SECONDS)
        send_command(redis_connection(), name, DRAIN)


def is_ordered(name: str) -> bool:
    """Return True if a worker is to leave. Raises ``redis.RedisError``."""
    return bool(redis_connection().exists(_ORDER + name))


def ordered(names: Collection[str]) -> set[str]:
    """Return those of the workers that are to leave. Raises ``redis.RedisError``."""
    chosen = sorted(names)
    if not chosen:
        return set()
    found = redis_connection().mget([_ORDER + name for name in chosen])
    return {name for name, order in zip(chosen, found, strict=True) if order is not None}


def forget_order(name: str) -> None:
    """End the order: the worker has left, or another one takes its name. Raises ``redis.RedisError``."""
    redis_connection().delete(_ORDER + name)
