"""Sends every new or changed request of a user to those of the user's sockets that asked for it.

One feed serves all sockets of a process. A hint of the channel layer says only that a request has changed. Its state is
then read from its row, so it is never older than one sent before. Hints may be lost: every ten seconds one query over
the latest changes of all users finds those that were not sent.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Coroutine, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import Error as DatabaseError
from django.utils import timezone

from jobs.files.expiry import announced_after, expiring_among, expiring_of
from jobs.log.publishing import user_group
from jobs.models import Artifact, AsyncRequest
from jobs.repeats import REPEATS
from jobs.requests.reads import brief_snapshot, changed_after, changed_since
from realtime.database import in_database
from realtime.delivery.groups import Groups
from realtime.wire.protocol import encode

logger = logging.getLogger(__name__)

TOPIC = "requests"
SPACING_SECONDS = 0.5
CHECK_SECONDS = 10.0
FIRST_CHECK_SECONDS = 1.0
MARGIN = timedelta(seconds=20)
"""The most by which servers' clocks may differ, and by which a commit may follow its row's ``changed_at``."""
MAX_MISSED = 200
"""The most changed requests that a returning follower is sent. If more have changed, the answer says so."""
_BATCH = 200

Owner = tuple[str, str]
"""Tenant and user."""


class FeedFollower:
    """One socket that follows its user's changes. ``push`` queues a message at once, without waiting.

    ``tag``: only those of requests that have it are told.
    """

    def __init__(self, owner: Owner, push: Callable[[str], None], tag: str | None = None) -> None:
        self.owner = owner
        self.push = push
        self._tag = tag
        self.known: dict[UUID, datetime] = {}
        """Request → the ``changed_at`` of its last state that was sent, or that is older than this follower."""
        self.noticed: dict[UUID, datetime] = {}
        """File → the expiry in the last notice that was sent."""

    def take(self, row: AsyncRequest) -> bool:
        """Return True if this state is wanted and new to the follower, and remember it."""
        is_new = self.known.get(row.id) != row.changed_at
        self.known[row.id] = row.changed_at
        return is_new and self._wants(row)

    def take_notice(self, row: Artifact) -> bool:
        """Return True if the follower wants a notice of this expiry and has had none, and remember it."""
        is_new = self.noticed.get(row.id) != row.expires_at
        self.noticed[row.id] = row.expires_at
        return is_new and self._wants(row.request)

    def forget_before(self, moment: datetime) -> None:
        self.noticed = {key: expires_at for key, expires_at in self.noticed.items() if expires_at > moment}
        self.known = {key: changed_at for key, changed_at in self.known.items() if changed_at > moment}

    def _wants(self, request: AsyncRequest | None) -> bool:
        return self._tag is None or (request is not None and self._tag in (request.tags or ()))


class Feed:
    """All feeds of this process. Every method must be called on its event loop."""

    def __init__(self) -> None:
        self._followers: dict[Owner, set[FeedFollower]] = {}
        self._groups = Groups(self._take)
        self._hinted: set[UUID] = set()
        self._expiring: set[UUID] = set()
        self._has_hints = asyncio.Event()
        # A task that reads states pushes them before another reads, so that no older state follows a newer one.
        self._reading = asyncio.Lock()
        self._next_check = 0.0
        self._checked_until = timezone.now()
        self._tasks: set[asyncio.Task[None]] = set()

    async def open(self, follower: FeedFollower, since: datetime | None, answer: Callable[[str, bool], object]) -> None:
        """Follow from now on, and first get what has changed since a moment, and which files will expire soon.

        ``answer`` is called before the first push, with the cursor and True if not all missed changes are pushed.
        """
        self._start()
        try:
            async with self._reading:
                self._followers.setdefault(follower.owner, set()).add(follower)
                self._groups.join(user_group(*follower.owner))
                self._next_check = min(self._next_check, time.monotonic() + FIRST_CHECK_SECONDS)
                cursor = _cursor_now()
                start = since or timezone.now() - 2 * MARGIN
                rows = await in_database(changed_since, *follower.owner, start, MAX_MISSED + 1)
                expiring = await in_database(expiring_of, *follower.owner)
                answer(cursor, since is not None and len(rows) > MAX_MISSED)
                for row in reversed(rows[:MAX_MISSED]):
                    if follower.take(row) and since is not None:
                        follower.push(_message(row, cursor))
                for file in expiring:
                    if follower.take_notice(file):
                        follower.push(_notice(file))
        except BaseException:
            self.close(follower)
            raise

    def close(self, follower: FeedFollower) -> None:
        followers = self._followers.get(follower.owner, set())
        followers.discard(follower)
        if not followers:
            self._followers.pop(follower.owner, None)
            self._groups.leave(user_group(*follower.owner))

    # --- hints ---------------------------------------------------------------------------------------------------

    def _take(self, hint: Mapping[str, Any]) -> None:
        self._hinted.update(map(UUID, hint.get("request_ids", ())))
        self._expiring.update(map(UUID, hint.get("artifact_ids", ())))
        self._has_hints.set()

    # --- states --------------------------------------------------------------------------------------------------

    async def _show_changes(self) -> None:
        """Show the first change at once, then changes together at most twice a second."""
        while True:
            await self._has_hints.wait()
            self._has_hints.clear()
            some = {self._hinted.pop() for _ in range(min(_BATCH, len(self._hinted)))}
            if self._hinted:
                self._has_hints.set()
            expiring, self._expiring = self._expiring, set()
            try:
                await self._show(some)
                await self._show_expiring(expiring)
            except DatabaseError as error:
                logger.warning("Changes are not shown for now: %s", error, extra=REPEATS)  # the next check finds them
            except Exception:
                logger.exception("%d changes could not be shown", len(some))
            await asyncio.sleep(SPACING_SECONDS)

    async def _show(self, request_ids: Collection[UUID]) -> None:
        async with self._reading:
            cursor = _cursor_now()
            for row in await in_database(_rows, request_ids):
                followers = self._followers.get((row.tenant_id, row.user_id), ())
                if curious := [follower for follower in followers if follower.take(row)]:
                    text = _message(row, cursor)
                    for follower in curious:
                        follower.push(text)

    async def _show_expiring(self, artifact_ids: Collection[UUID]) -> None:
        if not artifact_ids:
            return
        for row in await in_database(expiring_among, artifact_ids):
            for follower in tuple(self._followers.get((row.tenant_id, row.user_id), ())):
                if follower.take_notice(row):
                    follower.push(_notice(row))

    async def _check(self) -> None:
        """Find what was never shown: soon after somebody came, else every ten seconds, every second without Redis."""
        was_away = False
        while True:
            await asyncio.sleep(FIRST_CHECK_SECONDS)
            is_away = self._groups.is_away
            if not (is_away or was_away or time.monotonic() >= self._next_check):
                continue
            was_away = is_away
            try:
                await self._look_for_unshown()
            except DatabaseError as error:
                logger.warning("Feeds are not checked for now: %s", error, extra=REPEATS)
            except Exception:
                logger.exception("A check of %d feeds did not work", len(self._followers))

    async def _look_for_unshown(self) -> None:
        now = timezone.now()
        if self._followers:
            for request_id, owner, changed_at in await in_database(changed_after, self._checked_until - MARGIN):
                if any(follower.known.get(request_id) != changed_at for follower in self._followers.get(owner, ())):
                    self._hinted.add(request_id)
                    self._has_hints.set()
            if announced := await in_database(announced_after, self._checked_until - MARGIN):
                self._expiring.update(announced)
                self._has_hints.set()
        self._next_check = time.monotonic() + CHECK_SECONDS
        self._checked_until = now
        for follower in [one for followers in self._followers.values() for one in followers]:
            follower.forget_before(now - 2 * MARGIN)

    # --- inside --------------------------------------------------------------------------------------------------

    def _start(self) -> None:
        if not self._tasks:
            self._checked_until = timezone.now()
            for work in (self._show_changes(), self._check()):
                self._spawn(work)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.add(asyncio.get_running_loop().create_task(work))


def read_cursor(cursor: str) -> datetime:
    """Read the moment from which to look for changes. Raises ``ValueError`` for a cursor that was never given."""
    try:
        moment = datetime.fromisoformat(cursor)
        if moment.tzinfo is None:
            raise ValueError
        return moment.astimezone(UTC) - MARGIN
    except (ValueError, OverflowError):
        raise ValueError("this cursor was not given by an earlier message") from None


def _cursor_now() -> str:
    return timezone.now().isoformat()


def _message(row: AsyncRequest, cursor: str) -> str:
    return encode("message", topic=TOPIC, cursor=cursor, request=brief_snapshot(row))


def _notice(row: Artifact) -> str:
    return encode(
        "result_expiring",
        topic=TOPIC,
        request_id=row.request_id,
        title=row.request.title if row.request else "",
        artifact_id=row.id,
        filename=row.filename,
        expires_at=row.expires_at.isoformat(),
    )


def _rows(request_ids: Collection[UUID]) -> list[AsyncRequest]:
    return list(AsyncRequest.objects.filter(id__in=request_ids, parent__isnull=True).defer("payload"))
