"""The work of one RQ job: it claims request after request, for a bounded time, in one child process.

A fork and RQ's bookkeeping are paid for once a shift, and runs stay isolated from the worker.
"""

import time
from collections.abc import Sequence
from functools import partial

import redis
from django.conf import settings
from django.utils import timezone

from jobs.execution import watchdog
from jobs.execution.runner import Runner
from jobs.queue.claims import claim_next, waiting
from jobs.queue.wakeups import await_ring, ring

# The end of one shift wakes at most this many workers.
_RINGS = 50


def work_shift(queues: Sequence[str], worker: str) -> None:
    """Run requests of ``queues`` until the shift is over, or until none comes for a while."""
    watchdog.on_end(partial(ring, queues))
    ends_at = time.monotonic() + settings.STREAMER_SHIFT_SECONDS
    left = settings.STREAMER_SHIFT_REQUESTS
    while left > 0 and time.monotonic() < ends_at and not watchdog.is_leaving():
        watchdog.beat()
        claim = claim_next(queues, worker=worker)
        if claim is not None:
            Runner(claim).run()
            left -= 1
        elif not _linger(queues):
            return
    ring(waiting(queues, timezone.now()).order_by().values_list("queue", flat=True)[:_RINGS])


def _linger(queues: Sequence[str]) -> bool:
    """Wait a moment for more work, because the next fork would cost more. Return False when none came."""
    try:
        return await_ring(queues, settings.STREAMER_LINGER_SECONDS)
    except (redis.RedisError, OSError):
        return False
