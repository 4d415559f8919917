"""A thread that works for one reporter after another and keeps its database connection, for as long as a shift."""

import logging
import threading
from collections.abc import Callable
from queue import SimpleQueue
from types import TracebackType

from django.db import connections

logger = logging.getLogger(__name__)

Work = Callable[[], None]


class KeptThread:
    """A thread that does one piece of work at a time. ``end`` it, or use it as a context manager."""

    def __init__(self) -> None:
        self._works: SimpleQueue[Work | None] = SimpleQueue()
        self._idle = threading.Event()
        self._idle.set()
        self._thread = threading.Thread(target=self._run, name="reporter", daemon=True)

    def __enter__(self) -> "KeptThread":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.end()

    def begin(self, work: Work) -> None:
        """Do ``work`` on the thread, which starts with the first."""
        if self._thread.ident is None:
            self._thread.start()
        self._idle.clear()
        self._works.put(work)

    def wait(self) -> None:
        """Wait until the work is done. Return at once on the thread itself."""
        if threading.current_thread() is not self._thread:
            self._idle.wait()

    def end(self) -> None:
        """End the thread once its work is done."""
        self._works.put(None)
        if self._thread.ident is not None and threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        try:
            while (work := self._works.get()) is not None:
                try:
                    work()
                except Exception:
                    logger.exception("A reporter's thread failed; its request is taken over when the lease is over")
                finally:
                    self._idle.set()
        finally:
            connections.close_all()
