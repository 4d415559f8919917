"""``manage.py streamer_worker``: one worker or several, on all queues or on those named."""

import logging
import sys
from collections.abc import Sequence
from typing import Any

import redis
from channels.layers import get_channel_layer
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections
from django_rq import get_worker

from jobs.contract.registry import preload_handlers
from jobs.execution.worker import ShiftWorker
from jobs.execution.worker_pool import DRAINED_STATUS, WorkerPool
from jobs.queue.health.services import wait_for_services
from jobs.queue.names import own_queues
from jobs.queue.presence import HEARTBEAT_SECONDS, reserve_name
from jobs.queue.wakeups import SERIALIZER

logger = logging.getLogger(__name__)

# An idle worker wakes up and shows it is alive every ``worker_ttl - 15`` seconds.
_WORKER_TTL_SECONDS = HEARTBEAT_SECONDS + 15
_MAX_PROCESSES = 1_000


class Command(BaseCommand):
    help = (
        "Run a worker until SIGTERM. It takes requests of the named queues, or of every queue that a handler names, "
        "and runs them one after the other."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("queues", nargs="*", metavar="QUEUE", help="name of a queue (default: every queue)")
        parser.add_argument("--burst", action="store_true", help="end as soon as no request waits any more")
        parser.add_argument(
            "--processes",
            type=int,
            default=1,
            metavar="N",
            help="workers to run (default: 1); several are forked from one process and share its memory",
        )

    def handle(self, *, queues: list[str], burst: bool, processes: int, **options: Any) -> None:
        own = own_queues()  # a broken handler stops the worker here, even where checks are skipped
        unknown = set(queues) - set(own)
        if unknown:
            raise CommandError(
                f"Not a queue of Streamer: {', '.join(sorted(unknown))}. The queues are: {', '.join(own)}"
            )
        if not 1 <= processes <= _MAX_PROCESSES:
            raise CommandError(f"--processes must be at least 1 and at most {_MAX_PROCESSES}, not {processes}")
        served = queues or list(own)
        if not burst:
            wait_for_services(logger.warning)
        if settings.STREAMER_PRELOAD:
            preload_handlers(served)
            get_channel_layer()  # imports what every child would; it connects later
        connections.close_all()  # a connection must not cross a fork
        if processes == 1:
            _work(served, burst)
        else:
            WorkerPool(processes, lambda number: _work_as_child(served, burst, number, processes), burst=burst).run()


def _work(queues: Sequence[str], burst: bool, number: int = 1, processes: int = 1) -> bool:
    """Work until the end. Return True if the worker was told to leave for good."""
    if not burst:
        wait_for_services(logger.warning)
    try:
        worker: Any = get_worker(
            *queues,
            name=reserve_name(number, processes),
            worker_ttl=_WORKER_TTL_SECONDS,
            worker_class=ShiftWorker,
            serializer=SERIALIZER,
        )
    except redis.RedisError as error:
        raise CommandError(f"Redis does not answer: {error}") from None
    connections.close_all()
    worker.work(burst=burst, logging_level="WARNING")
    return bool(worker.is_draining)


def _work_as_child(queues: Sequence[str], burst: bool, number: int, processes: int) -> None:
    try:
        was_drained = _work(queues, burst, number, processes)
    except CommandError as error:  # nobody above a child prints it
        logger.error("%s", error)
        sys.exit(1)
    if was_drained:
        sys.exit(DRAINED_STATUS)
