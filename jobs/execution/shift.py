"""The work of one RQ job: it claims request after request, for a bounded time, in one child process.

A fork and RQ's bookkeeping are paid for once a shift, and runs stay isolated from the worker.
"""

import logging
import time
from collections.abc import Sequence
from functools import partial
from time import time_ns

import redis
from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connections
from django.utils import timezone

from jobs.contract.reloading import code_has_changed
from jobs.execution import watchdog
from jobs.execution.kept_thread import KeptThread
from jobs.execution.runner import run_claim
from jobs.incidents import send_reports
from jobs.queue.claims import Claim, claim_next, give_back, waiting
from jobs.queue.endings import claim_ending
from jobs.queue.wakeups import await_ring, ring
from jobs.repeats import REPEATS
from jobs.tracing.attempts import finish_process

logger = logging.getLogger(__name__)

_DATABASE_PAUSE_SECONDS = 0.5
# The end of one shift wakes at most this many workers.
_RINGS = 50


def work_shift(queues: Sequence[str], worker: str) -> None:
    """Run requests of ``queues`` until the shift or the worker's work is over, none comes, or there is newer code."""
    watchdog.on_end(partial(ring, queues))
    watchdog.on_end(finish_process)
    watchdog.on_end(send_reports)
    try:
        _work(queues, worker)
    except Exception:
        logger.exception("A shift failed")
        raise
    finally:
        finish_process()
        send_reports()


def _work(queues: Sequence[str], worker: str) -> None:
    ends_at = time.monotonic() + settings.STREAMER_SHIFT_SECONDS
    left = settings.STREAMER_SHIFT_REQUESTS
    with KeptThread() as thread:
        while left > 0 and time.monotonic() < ends_at and not _ends_early():
            watchdog.beat()
            looked_ns = time_ns()
            # Endings first, but once a shift: so they wait for no flood of requests, and cost none of them a query.
            claim = _claim(queues, worker, endings_first=left == settings.STREAMER_SHIFT_REQUESTS)
            if claim is not None:
                run_claim(claim, thread=thread, looked_ns=looked_ns)
                left -= 1
            elif not _linger(queues):
                return
    ring(waiting(queues, timezone.now()).order_by().values_list("queue", flat=True)[:_RINGS])


def _ends_early() -> bool:
    return watchdog.is_leaving() or watchdog.is_draining() or code_has_changed()


def _claim(queues: Sequence[str], worker: str, *, endings_first: bool) -> Claim | None:
    """Claim the next request or ending; None too when the database failed meanwhile.

    Such a claim may have been committed although its answer was lost. Nobody would run that request until its lease
    ends, so the worker gives back what is claimed in its name, as soon as the database lets it.
    """
    try:
        kinds = (claim_ending, claim_next) if endings_first else (claim_next, claim_ending)
        return next((claim for kind in kinds if (claim := kind(queues, worker=worker)) is not None), None)
    except DatabaseError as error:
        logger.warning("It is not known if a request was claimed: %s", error, extra=REPEATS)
    give_up_at = time.monotonic() + settings.STREAMER_LEASE_SECONDS
    while True:
        connections.close_all()
        watchdog.beat()
        try:
            give_back(worker)
            break
        except DatabaseError:
            if time.monotonic() > give_up_at:
                raise
        time.sleep(_DATABASE_PAUSE_SECONDS)
    ring(queues)
    return None


def _linger(queues: Sequence[str]) -> bool:
    """Wait a moment for more work, because the next fork would cost more. Return False when none came."""
    try:
        return await_ring(queues, settings.STREAMER_LINGER_SECONDS)
    except (redis.RedisError, OSError):
        return False
