"""Workers that are registered in Redis and do nothing, for tests of what depends on their number."""

from collections.abc import Sequence

import redis
from django.conf import settings
from rq import Worker

from jobs.queue import presence
from jobs.queue.wakeups import connection


def register(name: str, queues: Sequence[str] = ("default", "reports", "ml", "bulk")) -> Worker:
    """Register a live worker of the queues; the next look sees it."""
    # On a connection of its own, because RQ changes the timeouts of the one that it gets.
    worker = Worker(list(queues), connection=redis.Redis.from_url(settings.REDIS_URL), name=name)
    worker.register_birth()  # type: ignore[no-untyped-call]
    presence.forget()
    return worker


def register_many(number: int) -> list[str]:
    """Register workers of all queues. Return their names."""
    return [register(f"worker-{n}").name for n in range(number)]


def silence(worker: Worker) -> None:
    """Let a worker's last heartbeat be long ago, as after its sudden death."""
    connection().hset(worker.key, "last_heartbeat", "2020-01-01T00:00:00.000000Z")
    presence.forget()
