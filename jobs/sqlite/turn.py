"""A turn to write: an advisory lock on a file beside the database, which the kernel hands from writer to writer.

SQLite lets waiting writers sleep, for longer each time, so one of eight may sleep while nobody writes.
"""

import fcntl
import os
import threading
from pathlib import Path
from queue import Empty, SimpleQueue


class Turn:
    """The turn of one database connection. It is advice: without it, SQLite's own lock still keeps writers apart."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: int | None = None
        self._waiter: _Waiter | None = None

    def __del__(self) -> None:
        self.close()

    def take(self, timeout_seconds: float) -> bool:
        """Wait for the turn. Return False when it did not come, as when its holder is stopped or the disk is full."""
        try:
            if self._file is None:
                self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
            except BlockingIOError:
                return self._wait(self._file, timeout_seconds)
        except OSError:
            return False

    def give_back(self) -> None:
        if self._file is not None:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Give it back and close the file. The next ``take`` opens it again."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
        if self._waiter is not None:
            self._waiter.end()
            self._waiter = None

    def _wait(self, file: int, timeout_seconds: float) -> bool:
        if self._waiter is None:
            self._waiter = _Waiter()
        taken = None
        try:
            taken = self._waiter.take(file, timeout_seconds)
        finally:
            if taken is None:
                self._file = self._waiter = None
        return bool(taken)


class _Waiter:
    """A thread that waits for the lock, because no system call does so with a time limit. It is kept for the next wait.

    Whoever waits for the thread may leave it alone, and then it ends after that wait.
    """

    def __init__(self) -> None:
        self._files: SimpleQueue[int | None] = SimpleQueue()
        self._outcomes: SimpleQueue[bool] = SimpleQueue()
        self._lock = threading.Lock()
        self._left_alone = False
        threading.Thread(target=self._work, name="turn", daemon=True).start()

    def take(self, file: int, timeout_seconds: float) -> bool | None:
        """Return True once the lock is taken, False after an error. None: it did not come in time.

        Without an outcome, this waiter is of no use any more and closes the file.
        """
        self._files.put(file)
        try:
            return self._outcomes.get(timeout=timeout_seconds)
        except Empty:
            self._give_up(file)
            return None
        except BaseException:
            self._give_up(file)
            raise

    def _give_up(self, file: int) -> None:
        with self._lock:
            self._left_alone = self._outcomes.empty()
        if not self._left_alone:  # the lock came just now
            os.close(file)
            self.end()

    def end(self) -> None:
        self._files.put(None)

    def _work(self) -> None:
        while (file := self._files.get()) is not None:
            try:
                fcntl.flock(file, fcntl.LOCK_EX)
                taken = True
            except OSError:
                taken = False
            with self._lock:
                if self._left_alone:
                    os.close(file)
                    return
                self._outcomes.put(taken)
