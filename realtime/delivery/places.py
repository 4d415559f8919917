"""Tells the followers of requests that wait how far they have come.

These messages have no numbers: each replaces the one before, and one that is lost is made up for by the next.
"""

import time
from collections.abc import Callable, Iterable
from uuid import UUID

from jobs.queue.waits import waits_of
from realtime.database import in_database
from realtime.delivery.subscription import Subscription
from realtime.wire.protocol import encode

WAITING_SECONDS = 2.0
MAX_ASKED = 200
"""Requests looked at in one go. With more of them, those asked longest ago come first."""


async def tell_waiting(follows: Iterable[Subscription], is_open: Callable[[Subscription], bool]) -> None:
    """Push ``waiting`` to each follower whose request's place or reason has changed. A few queries for all of them."""
    asked = _choose(follows)
    if not asked:
        return
    waits = await in_database(waits_of, set(asked))
    for request_id, followers in asked.items():
        wait = waits.get(request_id)
        for follow in followers:
            follow.wait_asked_at = time.monotonic()
            # It may have started, or been left, while the database was asked.
            if wait is None or not _has_not_started(follow) or not is_open(follow):
                continue
            shown = (wait["position"], wait.get("reason"))
            if follow.wait != shown:
                follow.wait = shown
                follow.push(encode("waiting", follow.client_id, request_id=request_id, **wait))


def _choose(follows: Iterable[Subscription]) -> dict[UUID, list[Subscription]]:
    chosen: dict[UUID, list[Subscription]] = {}
    for follow in sorted(filter(_has_not_started, follows), key=lambda follow: follow.wait_asked_at):
        if follow.request_id in chosen or len(chosen) < MAX_ASKED:
            chosen.setdefault(follow.request_id, []).append(follow)
    return chosen


def _has_not_started(follow: Subscription) -> bool:
    """The first numbered message is ``started``, or the end of one that never did."""
    return follow.gate.next_seq == 1 and not follow.gate.ended
