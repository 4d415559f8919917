"""The keeper: stops the processes of a stack when the process that started them has ended, even by SIGKILL.

It holds the read end of a pipe whose write end only the owner has. The owner writes each process group that starts
(``+123``) or ends (``-123``). When the owner ends, even by SIGKILL, the pipe ends, and the keeper stops every
group that is left. It runs as a script of its own, with the standard library alone, so that it starts at once.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import IO

GRACE_SECONDS = 5.0
_POLL_SECONDS = 0.05


class Keeper:
    """The owner's end of the pipe. Not for several threads at once: the caller holds a lock."""

    def __init__(self, inherit: Iterable[int] = ()) -> None:
        """Start the keeper. It holds the descriptors ``inherit``, such as a locked file, until everything has ended."""
        self._inherit = tuple(inherit)
        self._groups: set[int] = set()
        self._process = self._start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def watch(self, group: int) -> None:
        self._groups.add(group)
        self._tell(f"+{group}\n")

    def forget(self, group: int) -> None:
        self._groups.discard(group)
        self._tell(f"-{group}\n")

    def close(self) -> None:
        """Have it stop the groups that are left (none, after an orderly stop) and wait for its end."""
        with suppress(BrokenPipeError):  # text for a killed keeper; the pipe is closed all the same
            self._pipe.close()
        self._process.wait()

    @property
    def _pipe(self) -> IO[str]:
        assert self._process.stdin is not None
        return self._process.stdin

    def _tell(self, line: str) -> None:
        try:
            self._pipe.write(line)
            self._pipe.flush()
        except BrokenPipeError:  # the keeper was killed: a new one gets all groups
            self.close()
            self._process = self._start()
            for group in self._groups:
                self._pipe.write(f"+{group}\n")
            self._pipe.flush()

    def _start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-I", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            text=True,
            pass_fds=self._inherit,
            start_new_session=True,  # so that Ctrl-C in the terminal does not reach it
        )


def signal_group(group: int, signum: int) -> bool:
    """Signal every process of the group. Return False when none is left."""
    try:
        os.killpg(group, signum)
    except ProcessLookupError:
        return False
    except PermissionError:  # the error on macOS for a group of ended, unreaped processes
        return False
    return True


def stop_groups(groups: Iterable[int], grace_seconds: float) -> None:
    """Send SIGTERM to all groups, and SIGKILL to the remaining ones after the grace."""
    left = {group for group in groups if signal_group(group, signal.SIGTERM)}
    deadline = time.monotonic() + grace_seconds
    while left and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)
        left = {group for group in left if signal_group(group, 0)}
    for group in left:
        signal_group(group, signal.SIGKILL)


def keep(lines: Iterable[str]) -> None:
    """Read the owner's lines until it ends, then stop the groups that are left."""
    groups: set[int] = set()
    for line in lines:
        group = int(line[1:])
        if line.startswith("+"):
            groups.add(group)
        else:
            groups.discard(group)
    stop_groups(groups, GRACE_SECONDS)


if __name__ == "__main__":
    for _signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(_signum, signal.SIG_IGN)
    keep(sys.stdin)
