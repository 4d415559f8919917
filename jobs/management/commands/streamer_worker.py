"""``manage.py streamer_worker``: one worker, on all queues or on those named."""

from typing import Any

import redis
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections
from django_rq import get_worker

from jobs.contract.registry import preload_handlers
from jobs.execution.worker import ShiftWorker
from jobs.queue.names import own_queues
from jobs.queue.wakeups import SERIALIZER

# An idle worker wakes up and shows it is alive every ``worker_ttl - 15`` seconds.
_WORKER_TTL_SECONDS = 30


class Command(BaseCommand):
    help = "Run requests of the given queues (default: all that handlers name) until SIGTERM."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("queues", nargs="*", metavar="queue", help="a queue that a handler names")
        parser.add_argument("--burst", action="store_true", help="end when no request waits any more")

    def handle(self, *, queues: list[str], burst: bool, **options: Any) -> None:
        own = own_queues()  # a broken handler stops the worker here, even where checks are skipped
        unknown = set(queues) - set(own)
        if unknown:
            raise CommandError(f"Not a queue of Streamer: {', '.join(sorted(unknown))}. There are: {', '.join(own)}")
        served = queues or list(own)
        if settings.STREAMER_PRELOAD:
            preload_handlers(served)
        try:
            worker = get_worker(
                *served,
                worker_ttl=_WORKER_TTL_SECONDS,
                worker_class=ShiftWorker,
                serializer=SERIALIZER,
            )
        except redis.RedisError as error:
            raise CommandError(f"Redis is not reachable: {error}") from None
        connections.close_all()  # a connection must not cross the fork
        worker.work(burst=burst, logging_level="WARNING")
