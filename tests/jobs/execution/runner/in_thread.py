"""A run in a thread of its own, for tests that order it to stop from outside."""

import ctypes
import threading
from contextlib import suppress

from django.db import connections

from jobs.execution.runner import Runner
from jobs.models import AsyncRequest
from jobs.queue.claims import Claim
from tests.jobs.building import row_of
from tests.local.waiting import eventually


class Aside:
    """A run of a claimed request in a thread that stands for a worker's child; ``end_process`` ends that thread."""

    def __init__(self, claimed: Claim) -> None:
        self.ended = threading.Event()
        self.claim = claimed
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def wait(self) -> AsyncRequest:
        """Wait until the run has ended, in whatever way, and return the row."""
        self._thread.join(20)
        assert not self._thread.is_alive(), "the run does not end"
        return row_of(self.claim.request_id)

    def until_it_reports(self) -> "Aside":
        eventually(lambda: row_of(self.claim.request_id).percentage, "the handler reports")
        return self

    def _run(self) -> None:
        try:
            with suppress(SystemExit):
                Runner(self.claim, end_process=self._end).run()
        finally:
            connections.close_all()

    def _end(self) -> None:
        # The reporter's thread calls it, and a process has no other way to end a thread.
        self.ended.set()
        ident = ctypes.c_ulong(self._thread.ident or 0)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, ctypes.py_object(SystemExit))
