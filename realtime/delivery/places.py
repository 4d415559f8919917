"""Tells the followers of waiting requests their places in the queue.

These messages have no numbers: each replaces the one before, so the next one makes up for a lost one.
"""

import time
from collections.abc import Callable, Iterable
from uuid import UUID

from jobs.queue.waits import waits_of
from realtime.database import in_database
from realtime.delivery.request_log import RequestLog
from realtime.delivery.subscription import Subscription
from realtime.wire.protocol import encode

WAITING_SECONDS = 2.0
MAX_ASKED = 200
"""The most requests looked at in one pass. With more of them, those looked at longest ago come first."""


async def tell_waiting(follows: Iterable[Subscription], is_open: Callable[[Subscription], bool]) -> None:
    """Push ``waiting`` to each follower whose request's place or reason has changed. A few queries for all of them."""
    asked = _choose(follows)
    if not asked:
        return
    waits = await in_database(waits_of, set(asked))
    for request_id, followers in asked.items():
        wait = waits.get(request_id)
        for follow, log in followers:
            follow.wait_asked_at = time.monotonic()
            # It may have started, or lost its follower, during the query.
            if wait is None or not _has_not_started(follow) or not is_open(follow):
                continue
            shown = (wait["position"], wait.get("reason"))
            if follow.wait != shown:
                follow.wait = shown
                follow.push(encode("waiting", log.client_id, request_id=request_id, **wait))


def _choose(follows: Iterable[Subscription]) -> dict[UUID, list[tuple[Subscription, RequestLog]]]:
    chosen: dict[UUID, list[tuple[Subscription, RequestLog]]] = {}
    for follow in sorted(filter(_has_not_started, follows), key=lambda follow: follow.wait_asked_at):
        log = follow.log
        if isinstance(log, RequestLog) and (log.request_id in chosen or len(chosen) < MAX_ASKED):
            chosen.setdefault(log.request_id, []).append((follow, log))
    return chosen


def _has_not_started(follow: Subscription) -> bool:
    """Return True before the first numbered message, which is ``started`` or the end of a request that never was."""
    return follow.gate.next_seq == 1 and not follow.gate.ended
