"""The parts that all sockets of one process share: one of each for every event loop."""

import asyncio
from collections.abc import Callable
from functools import cache
from typing import TypeVar
from weakref import WeakKeyDictionary

from jobs.requests.writer import SubmissionWriter
from realtime.connections.drain import Drain
from realtime.connections.registry import Registry
from realtime.delivery.feed import Feed
from realtime.delivery.hub import Delivery
from realtime.handover import Handover
from realtime.limits.process import Limits
from realtime.topics.presence import Presence

T = TypeVar("T")


def _one_per_loop(make: Callable[[], T]) -> Callable[[], T]:
    made: WeakKeyDictionary[asyncio.AbstractEventLoop, T] = WeakKeyDictionary()

    def get() -> T:
        loop = asyncio.get_running_loop()
        if loop not in made:
            made[loop] = make()
        return made[loop]

    return get


def _make_registry() -> Registry:
    registry = Registry()
    drain().watch(registry)
    return registry


registry = _one_per_loop(_make_registry)
limits = _one_per_loop(Limits)
delivery = _one_per_loop(Delivery)
feed = _one_per_loop(Feed)
handover = _one_per_loop(Handover)
presence = _one_per_loop(Presence)


@cache
def drain() -> Drain:
    return Drain()


@cache
def submission_writer() -> SubmissionWriter:
    """Return the writer of the whole process, which has a thread of its own."""
    return SubmissionWriter()
