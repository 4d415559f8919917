"""Keeps this process in the groups of the channel layer that its followers need, and hands on what comes through them.

The layer may be away and come back. Then a new channel joins all groups again; hints of the time between are lost.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import redis
from channels.layers import get_channel_layer

from jobs.repeats import REPEATS

logger = logging.getLogger(__name__)

# A submission waits this long for its group, no longer: a check of the log repairs what a late join missed.
_JOIN_SECONDS = 0.3
# The turns of the loop from a join to the end of the wait for it, and some more.
_TURNS = 5
# A layer that has not taken a join for this long is taken to be away.
_AWAY_SECONDS = 1.0
_RETRY_SECONDS = 0.5
_RECONNECT_SECONDS = 1.0


class Groups:
    """The groups of one hub. ``take`` gets each hint. Every method must be called on one event loop."""

    def __init__(self, take: Callable[[Mapping[str, Any]], None]) -> None:
        self._take = take
        self._wanted: dict[str, asyncio.Event] = {}
        """The groups to be in. The event of each is set once it is joined."""
        self._to_join: set[str] = set()
        self._to_leave: set[str] = set()
        self._changed = asyncio.Event()
        self._channel: str | None = None
        self._is_away = False
        self._is_late = False
        """True: a join took too long and is not done yet, so nobody else waits for one."""
        self._changing_since: float | None = None
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def is_away(self) -> bool:
        """Tell whether hints are known not to come. A single late join is no sign of that."""
        since = self._changing_since
        is_overdue = since is not None and time.monotonic() - since > _AWAY_SECONDS
        return self._is_away or is_overdue or getattr(get_channel_layer(), "is_away", False)

    def join(self, group: str) -> None:
        """Ask for hints of ``group``; they come once it is joined, in a moment."""
        self._start()
        self._to_leave.discard(group)
        if not self._wanted.setdefault(group, asyncio.Event()).is_set():
            self._to_join.add(group)
            self._changed.set()

    async def wait_until_joined(self, group: str) -> None:
        """Wait for a group that was asked for, but no longer than 0.3 s, and not at all while the layer is away."""
        joined = self._wanted[group]
        if joined.is_set() or self._is_late or self._is_away:
            return
        try:
            async with asyncio.timeout(_JOIN_SECONDS):
                await joined.wait()
        except TimeoutError:
            # A loop that stood still has not let the join run: it gets the turns that it takes.
            for _ in range(_TURNS):
                await asyncio.sleep(0)
            if not joined.is_set():
                self._is_late = True
                logger.warning("A group is not joined in time; its followers read the log instead", extra=REPEATS)

    def leave(self, group: str) -> None:
        if group in self._wanted:
            self._to_join.discard(group)
            self._to_leave.add(group)
            self._changed.set()

    def _start(self) -> None:
        if not self._tasks:
            loop = asyncio.get_running_loop()
            self._tasks = [loop.create_task(self._receive()), loop.create_task(self._keep())]

    async def _receive(self) -> None:
        layer = get_channel_layer()
        while True:
            try:
                if self._channel is None:
                    self._channel = await layer.new_channel()
                    self._to_join.update(self._wanted.keys() - self._to_leave)
                    self._changed.set()
                self._take(await layer.receive(self._channel))
            except (redis.RedisError, OSError) as error:
                self._channel = None
                logger.warning("No channel layer for now: %s", error, extra=REPEATS)
                await asyncio.sleep(_RECONNECT_SECONDS)
            except Exception:  # a hint of another version, say: it must not be the last that is heard
                logger.exception("A hint could not be taken")
                await asyncio.sleep(0.1)

    async def _keep(self) -> None:
        """Join and leave groups in one task, so that no two changes ever overtake each other."""
        layer = get_channel_layer()
        while True:
            await self._changed.wait()
            self._changed.clear()
            self._changing_since = time.monotonic()
            try:
                await self._match(layer)
                self._is_away = self._is_late = False
            except Exception as error:  # this task ends with the process: without it no hint would ever come again
                self._is_away = True
                logger.warning("Groups cannot be joined for now: %r", error, extra=REPEATS)
                await asyncio.sleep(_RETRY_SECONDS)
                self._changed.set()
            finally:
                self._changing_since = None

    async def _match(self, layer: Any) -> None:
        while self._to_join and (channel := self._channel) is not None:
            groups = list(self._to_join)
            await _change_all(layer, "group_add", groups, channel)
            if channel == self._channel:
                self._to_join.difference_update(groups)
                for group in groups:
                    if group in self._wanted:
                        self._wanted[group].set()
        while self._to_leave and self._channel is not None:
            groups = list(self._to_leave)
            self._to_leave.clear()
            for group in groups:
                self._wanted.pop(group, None)
            await _change_all(layer, "group_discard", groups, self._channel)


async def _change_all(layer: Any, change: str, groups: Sequence[str], channel: str) -> None:
    """Join or leave the groups in one command, where the layer has one: ``groups_add`` beside ``group_add``."""
    change_many = getattr(layer, change.replace("group_", "groups_"), None)
    if change_many is not None:
        await change_many(groups, channel)
        return
    for group in groups:
        await getattr(layer, change)(group, channel)
