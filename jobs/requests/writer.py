"""Takes submissions from many sockets and commits those together that wait at the same moment."""

import logging
import queue
import threading
from collections.abc import Sequence
from concurrent.futures import Future

from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError, connections

from jobs.full_disk import is_disk_full
from jobs.requests.after_commit import tell
from jobs.requests.submission import Accepted, Refused, Submission, submit_many

logger = logging.getLogger(__name__)

_BATCH = 100
_BACKLOG = 2_000
BACKLOG_BYTES = 128 * 1024 * 1024
"""The most bytes of payloads that wait while the database is slow. One submission alone may have more."""
_Outcome = Future[Accepted | Refused]
_Item = tuple[Submission, _Outcome]


class Overloaded(Exception):
    """Too many submissions wait for the database; try again later."""


class SubmissionWriter:
    """One writer thread of a process. Its methods may be called from any thread or loop."""

    def __init__(self) -> None:
        self._groups: queue.Queue[list[_Item]] = queue.Queue()
        self._waiting = 0
        self._bytes = 0
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def submit(self, submission: Submission) -> _Outcome:
        """Return a future, set after the commit. It fails with a database error when nothing was stored."""
        return self.submit_all([submission])[0]

    def submit_all(self, submissions: Sequence[Submission]) -> list[_Outcome]:
        """Do as ``submit`` for each submission. They are committed together."""
        items: list[_Item] = [(submission, Future()) for submission in submissions]
        size = _size(items)
        with self._lock:
            if self._waiting >= _BACKLOG or (self._bytes and self._bytes + size > BACKLOG_BYTES):
                raise Overloaded
            self._waiting += len(items)
            self._bytes += size
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="submission-writer", daemon=True)
                self._thread.start()
        self._groups.put(items)
        return [future for _, future in items]

    def _work(self) -> None:
        while True:
            items = list(self._groups.get())
            while len(items) < _BATCH and not self._groups.empty():
                items += self._groups.get_nowait()
            with self._lock:
                self._waiting -= len(items)
            # From here on a submission cannot be taken back. One that was taken back before is not stored.
            wanted = [(submission, future) for submission, future in items if future.set_running_or_notify_cancel()]
            if wanted:
                self._commit(wanted)
            with self._lock:
                self._bytes -= _size(items)

    def _commit(self, items: list[_Item]) -> None:
        submissions = [submission for submission, _ in items]
        try:
            outcomes = _submit_with_one_retry(submissions)
        except Exception as error:
            if len(items) > 1 and not isinstance(error, OperationalError | InterfaceError):
                # One of them cannot be stored: store the others without it.
                for item in items:
                    self._commit([item])
                return
            if not is_disk_full(error):  # whoever waits for the outcome says so, in one line
                logger.exception("Could not store %d submissions", len(items))
            for _, future in items:
                future.set_exception(error)
            return
        for (_, future), outcome in zip(items, outcomes, strict=True):
            future.set_result(outcome)
        # After the outcomes are set: a slow Redis must not delay an acknowledgment.
        try:
            tell(submissions, outcomes)
        except Exception:  # any error: without this thread the process would accept nothing more
            logger.exception("Nobody was told of %d submissions; the sweeper will wake the workers", len(items))


def _size(items: Sequence[_Item]) -> int:
    return sum(_bytes_of(submission) for submission, _ in items)


def _bytes_of(submission: Submission) -> int:
    try:
        return submission.stored_bytes
    except (TypeError, ValueError):  # it is no JSON, and fails when it is stored
        return 0


def _submit_with_one_retry(submissions: list[Submission]) -> list[Accepted | Refused]:
    """Submit, and once more on a new connection if the kept one has died since it was last used."""
    try:
        return submit_many(submissions)
    except DatabaseError:
        connections.close_all()
        return submit_many(submissions)
