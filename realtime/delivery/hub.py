"""Sends every message of a log to all its followers: hints from the channel layer, repaired from the log.

One hub serves all sockets of a process. Following = join the group (hints are held by the gate) → read the log
from the follower's number → pass what was held → look once more a second later → from then on one query every 10 s
for all followed requests together, and one for all topics with a history. The layer may lose, double or reorder; Redis
may be away. Followers notice only a delay.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import Error as DatabaseError

from jobs import paging
from jobs.metrics.counters import Counter, Histogram
from jobs.repeats import REPEATS
from jobs.tracing.tracer import TRACING
from realtime.database import in_database
from realtime.delivery import places
from realtime.delivery.credit import CreditWindow
from realtime.delivery.followed import FollowedLog, Key
from realtime.delivery.gate import Frame
from realtime.delivery.groups import Groups
from realtime.delivery.request_log import RequestLog
from realtime.delivery.subscription import Subscription
from realtime.delivery.traces import open_push_span
from realtime.wire.protocol import wire_bytes, written_at_of

logger = logging.getLogger(__name__)

CHECK_SECONDS = 10.0
FIRST_CHECK_SECONDS = 1.0
_PAGE = 500
_LAG = Histogram("streamer_progress_lag_seconds", "Time from the commit of an event to its followers' sockets.")
_GAPS = Counter("streamer_gap_repairs", "Followers that lost a hint and read the log.", "found")
_REPLAYED = Counter("streamer_replayed_messages", "Messages that came from the log and not by a hint.")


class Delivery:
    """All subscriptions of this process. Every method must be called on its event loop."""

    def __init__(self) -> None:
        self._follows: dict[Key, set[Subscription]] = {}
        self._groups = Groups(self._take)
        self._tasks: set[asyncio.Task[Any]] = set()
        self._started = False

    async def open(
        self,
        request_id: UUID,
        push: Callable[[str], None],
        *,
        after_seq: int = 0,
        client_id: str | None = None,
        window: CreditWindow | None = None,
    ) -> Subscription:
        """Open the log of a request, as ``open_log`` does."""
        return await self.open_log(RequestLog(request_id, client_id), push, after_seq=after_seq, window=window)

    async def open_log(
        self, log: FollowedLog, push: Callable[[str], None], *, after_seq: int = 0, window: CreditWindow | None = None
    ) -> Subscription:
        """Start to collect hints for a follower. Nothing is pushed before ``begin`` or ``catch_up``."""
        self._start()
        follow = Subscription(log, after_seq, push, window)
        self._follows.setdefault(follow.key, set()).add(follow)
        self._groups.join(log.group)
        try:
            await self._groups.wait_until_joined(log.group)
        except BaseException:
            self.close(follow)
            raise
        return follow

    def begin(self, follow: Subscription) -> None:
        """Begin to push. The log holds nothing for this follower that the hints did not bring."""
        follow.begun = True
        self._pass(follow, follow.gate.take_log([]))
        self.go_on(follow)

    def go_on(self, follow: Subscription) -> None:
        """Catch up in the background, if the follower wants the log and has room."""
        if follow.may_read and not follow.reading:
            self._spawn(self.catch_up(follow))

    async def catch_up(self, follow: Subscription) -> None:
        """Read the log until the gate has all of it, or until the follower has no room."""
        follow.begun = True
        if follow.reading:
            return
        follow.reading = True
        try:
            while follow.may_read and self._is_open(follow):
                before = follow.gate.next_seq
                await self._read_page(follow)
                if follow.may_read and follow.gate.next_seq == before:
                    await asyncio.sleep(0.1)  # a hint came before the database shows its event
        except DatabaseError as error:
            logger.warning("The log cannot be read for now: %s", error, extra=REPEATS)  # the next check tries again
        finally:
            follow.reading = False

    def close(self, follow: Subscription) -> None:
        followers = self._follows.get(follow.key)
        if followers is None or follow not in followers:
            return
        followers.discard(follow)
        if not followers:
            del self._follows[follow.key]
            self._groups.leave(follow.log.group)

    # --- hints ---------------------------------------------------------------------------------------------------

    def _take(self, message: Mapping[str, Any]) -> None:
        followers = self._follows.get(message.get("topic") or UUID(message["request_id"]))
        if not followers:
            return
        if TRACING.recorder is None or "trace" not in message:
            self._hand_out(message, followers)
            return
        with open_push_span(message, len(followers)):
            self._hand_out(message, followers)

    def _hand_out(self, message: Mapping[str, Any], followers: Collection[Subscription]) -> None:
        for seq, text, final in message["frames"]:
            frame = Frame(seq, text, final)
            for follow in tuple(followers):
                was_complete = not follow.gate.wants_log
                self._pass(follow, follow.gate.take_hint(frame))
                if was_complete and follow.gate.wants_log:
                    _GAPS.count("hint")
                self.go_on(follow)
            if (written_at := written_at_of(text)) is not None:
                _LAG.observe(max(0.0, time.time() - written_at))
        if "unnumbered" in message:
            for follow in tuple(followers):
                follow.push_unnumbered(message["unnumbered"])

    # --- the log -------------------------------------------------------------------------------------------------

    async def _read_page(self, follow: Subscription) -> None:
        gate = follow.gate
        room = follow.window.room_events() if follow.window else None
        limit = min(follow.page_events, room or _PAGE)
        page = await in_database(follow.log.read, gate.next_seq, limit)
        if not self._is_open(follow):
            return  # the same client may have a new subscription by now
        if page.skip is not None:
            follow.push(page.skip.text)
            gate.jump(page.skip.seq)
            if page.skip.final:
                gate.end()
        frames = paging.first_that_fit(page.frames, _frame_bytes)
        follow.page_events = _page_like(frames)
        passed = gate.take_log(frames)
        _REPLAYED.count(by=len(passed))
        self._pass(follow, passed)
        if len(page.frames) == limit or len(frames) < len(page.frames):
            gate.take_last_seq(gate.next_seq)  # there may be another page

    async def _check(self) -> None:
        """Find out about lost hints: new follows after a second, all of them every ten."""
        last_full = time.monotonic()
        was_away = False
        while True:
            await asyncio.sleep(FIRST_CHECK_SECONDS)
            now = time.monotonic()
            # While there are no hints at all, and once after that, everything is looked at every second.
            is_away = self._groups.is_away
            full = is_away or was_away or now - last_full >= CHECK_SECONDS
            was_away = is_away
            last_full = now if full else last_full
            begun = [follow for follow in self._all() if follow.begun]
            due = [follow for follow in begun if full or self._is_first_check_due(follow, now)]
            try:
                await self._check_some(due)
            except DatabaseError as error:
                logger.warning("Followers are not checked for now: %s", error, extra=REPEATS)
            except Exception:
                logger.exception("A check of %d follows did not work", len(due))

    async def _tell_waiting(self) -> None:
        while True:
            await asyncio.sleep(places.WAITING_SECONDS)
            try:
                await places.tell_waiting(self._all(), self._is_open)
            except DatabaseError as error:
                logger.warning("Followers are not told of their place for now: %s", error, extra=REPEATS)
            except Exception:
                logger.exception("Followers could not be told of their place")

    async def _check_some(self, follows: list[Subscription]) -> None:
        if not follows:
            return
        last_seqs: dict[Key, int] = {}
        for kind in {type(follow.log) for follow in follows}:
            keys = {follow.key for follow in follows if type(follow.log) is kind}
            last_seqs |= await in_database(kind.last_seqs, keys)
        for follow in follows:
            follow.checked = True
            was_complete = not follow.gate.wants_log
            follow.gate.take_last_seq(last_seqs.get(follow.key, 0))
            if was_complete and follow.gate.wants_log:
                _GAPS.count("check")
            self.go_on(follow)

    def _is_first_check_due(self, follow: Subscription, now: float) -> bool:
        return not follow.checked and now - follow.opened_at >= FIRST_CHECK_SECONDS

    # --- inside --------------------------------------------------------------------------------------------------

    def _start(self) -> None:
        if not self._started:
            self._started = True
            for work in (self._check(), self._tell_waiting()):
                self._spawn(work)

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            logger.error("A task of the delivery failed", exc_info=error)

    def _all(self) -> Iterable[Subscription]:
        return [follow for followers in self._follows.values() for follow in followers]

    def _is_open(self, follow: Subscription) -> bool:
        return follow in self._follows.get(follow.key, ())

    def _pass(self, follow: Subscription, frames: list[Frame]) -> None:
        for frame in frames:
            follow.push(frame.text)
        follow.admitted_bytes = 0
        if follow.gate.ended:
            self.close(follow)
            follow.on_end()


def _page_like(frames: Sequence[Frame]) -> int:
    """Return the number of events for the next page, if they are as large as these."""
    if not frames:
        return _PAGE
    average = max(1, sum(map(_frame_bytes, frames)) // len(frames))
    return min(_PAGE, max(1, paging.PAGE_BYTES // average))


def _frame_bytes(frame: Frame) -> int:
    return wire_bytes(frame.text)
