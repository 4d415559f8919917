"""The watchdog that ends a worker's child whose handler does not end: numbers in memory shared with the parent.

The child writes its deadline and its signs of life. The parent, which no C code of a handler can block, kills it when
either is overdue. The parent writes the time at which it was told to stop, so that the child hands its request back,
or to drain, so that the child takes no other one.
"""

import ctypes
import mmap
import os
import signal
import struct
import sys
import time
from collections.abc import Callable

from jobs.errors import Stop

_PR_SET_PDEATHSIG = 1
_DEADLINE, _BEAT, _LEAVING, _DRAINING = 0, 8, 16, 24
# A child that starts, or looks for the next request, needs less than this.
_IDLE_SILENCE_SECONDS = 60.0
_BYTES = 32
# Anonymous and shared: both sides of a fork read and write it. All times are CLOCK_MONOTONIC, 0 is never.
_shared = mmap.mmap(-1, _BYTES)
_before_end: list[Callable[[], None]] = []
_parent = 0
"""The worker whose child this process is; 0 in any other."""


class Leaving(Stop):
    """The worker was told to stop and its grace is over, so the request goes back to the queue."""


def _write(offset: int, value: float) -> None:
    struct.pack_into("d", _shared, offset, value)


def _read(offset: int) -> float:
    return float(struct.unpack_from("d", _shared, offset)[0])


# --- the child ---------------------------------------------------------------------------------------------------


def arm(seconds: float) -> None:
    """Have the parent kill this process if it is not disarmed within ``seconds``."""
    beat()
    _write(_DEADLINE, time.monotonic() + seconds)


def disarm() -> None:
    beat()
    _write(_DEADLINE, 0)


def beat() -> None:
    _write(_BEAT, time.monotonic())


def is_leaving(grace_seconds: float = 0.0) -> bool:
    """Return True if the worker was told to stop ``grace_seconds`` or more ago, or is dead, so that nobody watches."""
    leaving = _read(_LEAVING)
    return _is_orphan() or (leaving > 0 and time.monotonic() - leaving >= grace_seconds)


def is_draining() -> bool:
    """Return True if the worker is to take no new request."""
    return _read(_DRAINING) > 0


def on_end(action: Callable[[], None]) -> None:
    """Have ``end_process`` call ``action`` before it ends the process."""
    _before_end.append(action)


def end_process() -> None:
    try:
        for action in _before_end:
            action()
    finally:
        os._exit(1)


def die_with_parent() -> None:
    """Have Linux kill this process when its parent dies. On other systems it leaves once it finds its parent gone."""
    global _parent
    _parent = os.getppid()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if _is_orphan():  # it died before the call
            os._exit(1)


def _is_orphan() -> bool:
    return _parent != 0 and os.getppid() != _parent


# --- the parent --------------------------------------------------------------------------------------------------


def separate() -> None:
    """Have memory of its own, for a worker that was forked beside others."""
    global _shared
    _shared = mmap.mmap(-1, _BYTES)


def reset() -> None:
    """Forget the last child, before the next one is forked."""
    _write(_DEADLINE, 0)
    beat()


def leave() -> None:
    """Tell the child that the worker is to stop."""
    if _read(_LEAVING) == 0:
        _write(_LEAVING, time.monotonic())


def drain() -> None:
    """Tell the child to take no new request, and to finish what it runs, however long that takes."""
    _write(_DRAINING, time.monotonic())


def is_silent(seconds: float) -> bool:
    """Return True if the child runs a request and has shown no sign of life for ``seconds``."""
    return _read(_DEADLINE) > 0 and time.monotonic() - _read(_BEAT) > seconds


def is_overdue(silence_seconds: float) -> bool:
    """Return True if the child is past its deadline, or without a sign of life for ``silence_seconds``.

    A child that runs no request, and so is not armed, may be silent for a minute.
    """
    deadline = _read(_DEADLINE)
    now = time.monotonic()
    silence = now - _read(_BEAT)
    if deadline == 0:
        return silence > max(silence_seconds, _IDLE_SILENCE_SECONDS)
    return now > deadline or silence > silence_seconds
