"""Hands the results of another thread over to an event loop, many with one wake-up of the loop.

To wake the loop for each result lets it take the interpreter from the thread before the next result is set. Of a
hundred that were committed together, the last would then wait for the work about all others.
"""

import asyncio
from collections import deque
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class Handover:
    """The way from other threads to the loop on which it was made."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._done = deque[tuple[Future[Any], asyncio.Future[Any]]]()
        self._is_woken = False

    def wrap(self, future: Future[T]) -> asyncio.Future[T]:
        """Return a future of the loop with the same result. To cancel it cancels ``future`` too."""
        awaited: asyncio.Future[T] = self._loop.create_future()
        awaited.add_done_callback(lambda one: future.cancel() if one.cancelled() else None)
        future.add_done_callback(lambda done: self._put(done, awaited))
        return awaited

    def _put(self, done: Future[Any], awaited: asyncio.Future[Any]) -> None:
        self._done.append((done, awaited))
        if not self._is_woken and not self._loop.is_closed():
            self._is_woken = True
            self._loop.call_soon_threadsafe(self._take_all)

    def _take_all(self) -> None:
        # First, so that what is put from now on wakes the loop again.
        self._is_woken = False
        while self._done:
            done, awaited = self._done.popleft()
            if awaited.done() or done.cancelled():
                continue
            if (error := done.exception()) is not None:
                awaited.set_exception(error)
            else:
                awaited.set_result(done.result())
