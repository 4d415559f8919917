"""Sends every event of a request to all its followers: hints from the channel layer, repaired from the log.

One hub serves all sockets of a process. Following = join the group (hints are held by the gate) → read the log
from the follower's number → pass what was held → look once more a second later → from then on one query every 10 s
for all followed requests together. The layer may lose, double or reorder; Redis may be away. Followers
notice only a delay.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from uuid import UUID

import msgspec
from django.db import Error as DatabaseError

from jobs.log.events import Event, read_after
from jobs.log.publishing import request_group
from jobs.models import AsyncRequest
from jobs.requests.reads import snapshot
from realtime.database import in_database
from realtime.delivery import places
from realtime.delivery.credit import CreditWindow
from realtime.delivery.gate import Frame
from realtime.delivery.groups import Groups
from realtime.delivery.subscription import Subscription
from realtime.wire.protocol import encode

logger = logging.getLogger(__name__)

CHECK_SECONDS = 10.0
FIRST_CHECK_SECONDS = 1.0
_PAGE = 500


class Delivery:
    """All subscriptions of this process. Every method must be called on its event loop."""

    def __init__(self) -> None:
        self._follows: dict[UUID, set[Subscription]] = {}
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
        """Start to collect hints for a follower. Nothing is pushed before ``begin`` or ``catch_up``."""
        self._start()
        follow = Subscription(request_id, client_id, after_seq, push, window)
        self._follows.setdefault(request_id, set()).add(follow)
        group = request_group(request_id)
        self._groups.join(group)
        try:
            await self._groups.wait_until_joined(group)
        except BaseException:
            self.close(follow)
            raise
        return follow

    def begin(self, follow: Subscription) -> None:
        """Begin to push. The request is new, so its log holds nothing that the hints did not bring."""
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
            logger.warning("The log cannot be read for now: %s", error)  # the next check tries again
        finally:
            follow.reading = False

    def close(self, follow: Subscription) -> None:
        followers = self._follows.get(follow.request_id)
        if followers is None or follow not in followers:
            return
        followers.discard(follow)
        if not followers:
            del self._follows[follow.request_id]
            self._groups.leave(request_group(follow.request_id))

    # --- hints ---------------------------------------------------------------------------------------------------

    def _take(self, message: Mapping[str, Any]) -> None:
        request_id = UUID(message["request_id"])
        for seq, text, final in message["frames"]:
            frame = Frame(seq, text, final)
            for follow in tuple(self._follows.get(request_id, ())):
                self._pass(follow, follow.gate.take_hint(frame))
                self.go_on(follow)

    # --- the log -------------------------------------------------------------------------------------------------

    async def _read_page(self, follow: Subscription) -> None:
        gate = follow.gate
        room = follow.window.room_events() if follow.window else None
        limit = min(_PAGE, room or _PAGE)
        events, row = await in_database(_read, follow.request_id, follow.client_id, gate.next_seq, limit)
        if not self._is_open(follow):
            return  # the same client may have a new subscription by now
        if row is not None:
            follow.push(encode("snapshot", row.client_id, **{**snapshot(row), "reason": "trimmed"}))
            gate.jump(row.last_seq)
            if row.is_final:
                gate.end()
        frames = [Frame(event.seq, _encoded(event), event.is_final) for event in events]
        self._pass(follow, gate.take_log(frames))
        if len(events) == limit:
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
                logger.warning("Followers are not checked for now: %s", error)
            except Exception:
                logger.exception("A check of %d follows did not work", len(due))

    async def _tell_waiting(self) -> None:
        while True:
            await asyncio.sleep(places.WAITING_SECONDS)
            try:
                await places.tell_waiting(self._all(), self._is_open)
            except DatabaseError as error:
                logger.warning("Followers are not told of their place for now: %s", error)
            except Exception:
                logger.exception("Followers could not be told of their place")

    async def _check_some(self, follows: list[Subscription]) -> None:
        if not follows:
            return
        last_seqs = await in_database(_last_seqs, {follow.request_id for follow in follows})
        for follow in follows:
            follow.checked = True
            follow.gate.take_last_seq(last_seqs.get(follow.request_id, 0))
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
        task.add_done_callback(self._tasks.discard)

    def _all(self) -> Iterable[Subscription]:
        return [follow for followers in self._follows.values() for follow in followers]

    def _is_open(self, follow: Subscription) -> bool:
        return follow in self._follows.get(follow.request_id, ())

    def _pass(self, follow: Subscription, frames: list[Frame]) -> None:
        for frame in frames:
            follow.push(frame.text)
        if follow.gate.ended:
            self.close(follow)
            follow.on_end()


def _read(
    request_id: UUID, client_id: str | None, next_seq: int, limit: int
) -> tuple[list[Event], AsyncRequest | None]:
    """Read the next page of the log; or the row, when the log no longer reaches back to ``next_seq``."""
    events = read_after(request_id, client_id, next_seq - 1, limit=limit)
    if events and events[0].seq == next_seq:
        return events, None
    row = AsyncRequest.objects.filter(id=request_id).first()
    if row is None or row.last_seq < next_seq:
        return [], None
    # Read again: the events may have come between the two reads.
    events = read_after(request_id, client_id, next_seq - 1, limit=limit)
    trimmed = not events or events[0].seq != next_seq
    return ([], row) if trimmed else (events, None)


def _last_seqs(request_ids: set[UUID]) -> dict[UUID, int]:
    return dict(AsyncRequest.objects.filter(id__in=request_ids).values_list("id", "last_seq"))


def _encoded(event: Event) -> str:
    return msgspec.json.encode(event.message()).decode()
