"""Several workers of one host, forked from one process that has loaded the handlers and shares its memory with them."""

import gc
import itertools
import logging
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType

from jobs.execution import watchdog
from jobs.execution.inspection import answering

logger = logging.getLogger(__name__)

DRAINED_STATUS = 20
"""The exit status of a child that was told to leave: no other takes its place."""

# A worker that ends sooner after its start is started again later each time, not at once.
_STEADY_SECONDS = 10.0
_FIRST_PAUSE_SECONDS = 0.5
_MAX_PAUSE_SECONDS = 4.0
_STOPPING = (signal.SIGTERM, signal.SIGINT)


class WorkerPool:
    """``count`` child processes that each call ``work`` with their number, from 1 to ``count``.

    A child that dies is replaced by one of the same number, until the pool is stopped. One that ends with
    ``DRAINED_STATUS`` is not, and the pool ends with the last of them.

    SIGTERM and SIGINT are handed on to the children, each time they come; RQ takes the second as an order to hurry.
    With ``burst`` the pool ends with its last child.
    """

    def __init__(self, count: int, work: Callable[[int], None], *, burst: bool = False) -> None:
        self._work = work
        self._replaces = not burst
        self._started: dict[int, float] = {}
        self._numbers: dict[int, int] = {}
        """Process id → number, of the children that run."""
        self._due = [0.0] * count
        self._pause_seconds = _FIRST_PAUSE_SECONDS

    def run(self) -> None:
        """Keep the children running. Return once they have ended after a stop."""
        # What is loaded by now stays, so the children's collector need not touch, and so copy, its pages.
        gc.collect()
        gc.freeze()
        self._news, wake = os.pipe()
        os.set_blocking(wake, False)
        os.set_blocking(self._news, False)
        signal.set_wakeup_fd(wake)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        for number in _STOPPING:
            signal.signal(number, self._hand_on)
        try:
            while self._due or self._started:
                self._fork_due()
                self._await_news()
                self._reap()
        finally:
            gc.unfreeze()

    def _hand_on(self, number: int, frame: FrameType | None) -> None:
        self._replaces = False
        self._due.clear()
        for pid in self._started:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def _fork_due(self) -> None:
        now = time.monotonic()
        for due in [due for due in self._due if due <= now]:
            # A stop between the fork and the note of its id would miss the child.
            signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING)
            try:
                if due in self._due:
                    self._due.remove(due)
                    self._fork()
            finally:
                signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPPING)

    def _fork(self) -> None:
        number = next(free for free in itertools.count(1) if free not in self._numbers.values())
        pid = os.fork()
        if pid:
            self._started[pid] = time.monotonic()
            self._numbers[pid] = number
            return
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            for order in (*_STOPPING, signal.SIGCHLD):
                signal.signal(order, signal.SIG_DFL)
            watchdog.die_with_parent()
            watchdog.separate()
            answering.separate()
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _STOPPING)
            self._work(number)
            code = 0
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        except BaseException:
            logger.exception("A worker failed")
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)

    def _await_news(self) -> None:
        """Wait for the end of a child, for an order, or for the time to start a child."""
        if not self._started and not self._due:
            return
        seconds = max(0.0, min(self._due) - time.monotonic()) if self._due else None
        select.select([self._news], [], [], seconds)
        with suppress(BlockingIOError):
            os.read(self._news, 4096)

    def _reap(self) -> None:
        for pid, started in tuple(self._started.items()):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if not ended:
                continue
            del self._started[pid]
            number = self._numbers.pop(pid)
            if not self._replaces or _was_drained(status):
                continue
            now = time.monotonic()
            steady = now - started >= _STEADY_SECONDS
            self._pause_seconds = _FIRST_PAUSE_SECONDS if steady else min(2 * self._pause_seconds, _MAX_PAUSE_SECONDS)
            self._due.append(now if steady else now + self._pause_seconds)
            logger.error("Worker %d (process %d) ended (%s); another takes its place", number, pid, _described(status))


def _was_drained(status: int) -> bool:
    return os.waitstatus_to_exitcode(status) == DRAINED_STATUS


def _described(status: int) -> str:
    code = os.waitstatus_to_exitcode(status)
    return f"signal {-code}" if code < 0 else f"status {code}"
