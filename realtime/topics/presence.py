"""Tells the sockets of this process who follows a topic with presence, and who has come or gone.

The rows of members are the truth. A hint of the channel layer says only that those of a topic have changed; they are
then read, and what differs from what followers know is told. Hints may be lost: every ten seconds one query reads the
members of all topics that are followed here. Rows are written apart from the sockets' own work, and again if one fails.
"""

import asyncio
import logging
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping
from typing import Any

from django.db import Error as DatabaseError

from jobs.repeats import REPEATS
from realtime.database import in_database
from realtime.delivery.groups import Groups
from realtime.topics import members
from realtime.topics.members import Member
from realtime.topics.names import presence_group
from realtime.wire.protocol import encode

logger = logging.getLogger(__name__)

SPACING_SECONDS = 0.2
CHECK_SECONDS = 10.0
FIRST_CHECK_SECONDS = 1.0
MAX_LISTED = 1_000
"""The most users that one message names."""
_RETRY_SECONDS = 1.0
# Few enough for one query on every database.
_AT_ONCE = 500


class PresenceFollower:
    """One socket of a user that follows a topic. ``push`` queues a message at once, without waiting."""

    def __init__(self, topic: str, user_id: str, push: Callable[[str], None]) -> None:
        self.topic = topic
        self.user_id = user_id
        self.push = push
        self.is_answered = False
        """False: its first list of users was not sent yet, so no change is told."""


class Presence:
    """The presence of all topics of this process. Every method must be called on its event loop."""

    def __init__(self) -> None:
        self._followers: dict[str, set[PresenceFollower]] = {}
        self._known: dict[str, set[str]] = {}
        """Topic → the users that its followers know of."""
        self._groups = Groups(self._take)
        self._here: Counter[Member] = Counter()
        """The sockets of each user that follow a topic here. A user is in it once at least."""
        self._unwritten: set[Member] = set()
        self._has_unwritten = asyncio.Event()
        self._hinted: set[str] = set()
        self._has_hints = asyncio.Event()
        # A task that reads members tells of them before another reads, so that no older state follows a newer one.
        self._reading = asyncio.Lock()
        self._next_check = 0.0
        self._tasks: list[asyncio.Task[None]] = []

    async def open(self, follower: PresenceFollower, answer: Callable[[Collection[str]], object]) -> None:
        """Count the user as present, and tell the follower of changes. ``answer`` gets those who are there first."""
        self._start()
        topic = follower.topic
        self._followers.setdefault(topic, set()).add(follower)
        try:
            self._groups.join(presence_group(topic))
            self._count(follower, 1)
            async with self._reading:
                if topic not in self._known:
                    found = {user_id for _, user_id, _ in await in_database(members.read, [topic])}
                    self._known[topic] = found
                self._next_check = min(self._next_check, time.monotonic() + FIRST_CHECK_SECONDS)
                if follower.user_id not in self._known[topic]:
                    self._known[topic] |= {follower.user_id}
                    self._tell(topic, joined={follower.user_id}, left=set())
                answer(self._known[topic])
                follower.is_answered = True
        except BaseException:
            self.close(follower)
            raise

    def close(self, follower: PresenceFollower) -> None:
        followers = self._followers.get(follower.topic)
        if followers is None or follower not in followers:
            return
        followers.discard(follower)
        self._count(follower, -1)
        if not followers:
            del self._followers[follower.topic]
            self._known.pop(follower.topic, None)
            self._groups.leave(presence_group(follower.topic))

    # --- own members ---------------------------------------------------------------------------------------------

    def _count(self, follower: PresenceFollower, more: int) -> None:
        member = (follower.topic, follower.user_id)
        self._here[member] += more
        if not self._here[member]:
            del self._here[member]
        self._unwritten.add(member)
        self._has_unwritten.set()

    async def _write(self) -> None:
        """Write who is here now. A user who left and came back in the meantime has never been away."""
        while True:
            await self._has_unwritten.wait()
            self._has_unwritten.clear()
            some, self._unwritten = self._unwritten, set()
            come = some & self._here.keys()
            try:
                await in_database(members.write, come, some - come)
            except Exception as error:
                if not isinstance(error, DatabaseError):
                    logger.exception("%d changes of presence could not be written", len(some))
                else:
                    logger.warning("Presence is not written for now: %s", error, extra=REPEATS)
                self._unwritten |= some
                self._has_unwritten.set()
                await asyncio.sleep(_RETRY_SECONDS)
            await asyncio.sleep(SPACING_SECONDS)

    # --- all members ---------------------------------------------------------------------------------------------

    def _take(self, hint: Mapping[str, Any]) -> None:
        self._hinted.add(hint["topic"])
        self._has_hints.set()

    async def _tell_changes(self) -> None:
        while True:
            await self._has_hints.wait()
            self._has_hints.clear()
            hinted = sorted(self._hinted & self._known.keys())
            topics, self._hinted = hinted[:_AT_ONCE], set(hinted[_AT_ONCE:])
            if self._hinted:
                self._has_hints.set()
            try:
                await self._look(topics)
            except DatabaseError as error:
                logger.warning("Presence is not told for now: %s", error, extra=REPEATS)  # the next check finds it
            except Exception:
                logger.exception("The presence of %d topics could not be told", len(topics))
            await asyncio.sleep(SPACING_SECONDS)

    async def _look(self, topics: Collection[str]) -> None:
        if not topics:
            return
        async with self._reading:
            rows = await in_database(members.read, topics)
            here = {(topic, one.user_id) for topic in topics for one in self._followers.get(topic, ())}
            own = {(topic, user_id) for topic, user_id, is_own in rows if is_own}
            others = {(topic, user_id) for topic, user_id, is_own in rows if not is_own}
            there = defaultdict[str, set[str]](set)
            # Of the own sockets more is known than the rows say, which are written a moment later.
            for topic, user_id in here | others:
                there[topic].add(user_id)
            for topic in topics:
                if (known := self._known.get(topic)) is not None and known != there[topic]:
                    self._known[topic] = there[topic]
                    self._tell(topic, joined=there[topic] - known, left=known - there[topic])
        # Others may have taken this process for dead, and have deleted its rows.
        if wrong := here ^ own:
            self._unwritten |= wrong
            self._has_unwritten.set()

    def _tell(self, topic: str, *, joined: set[str], left: set[str]) -> None:
        fields = {"joined": sorted(joined)[:MAX_LISTED], "left": sorted(left)[:MAX_LISTED]}
        text = encode("presence", topic=topic, **fields, present=len(self._known[topic]))
        for follower in tuple(self._followers.get(topic, ())):
            if follower.is_answered:
                follower.push(text)

    async def _check(self) -> None:
        """Find what no hint told: soon after somebody came, else every ten seconds, every second without Redis."""
        was_away = False
        while True:
            await asyncio.sleep(FIRST_CHECK_SECONDS)
            is_away = self._groups.is_away
            if self._known and (is_away or was_away or time.monotonic() >= self._next_check):
                self._next_check = time.monotonic() + CHECK_SECONDS
                self._hinted.update(self._known)
                self._has_hints.set()
            was_away = is_away

    def _start(self) -> None:
        if not self._tasks:
            loop = asyncio.get_running_loop()
            self._tasks = [loop.create_task(work) for work in (self._write(), self._tell_changes(), self._check())]
