"""The effects of Ctrl-C, SIGTERM and a closed terminal on a command that runs a stack."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def interruptible() -> Iterator[None]:
    """Have each of the signals raise ``KeyboardInterrupt`` in the main thread."""
    with _handling(signal.default_int_handler):
        yield


@contextmanager
def hurried_by_signal(hurry: Callable[[], None]) -> Iterator[None]:
    """Have a further signal hurry the stop instead of interrupting it."""
    with _handling(lambda *_: hurry()):
        yield


@contextmanager
def _handling(handler: Callable[[int, Any], Any]) -> Iterator[None]:
    before = {signum: signal.getsignal(signum) for signum in _SIGNALS}
    for signum in _SIGNALS:
        if not (signum == signal.SIGHUP and before[signum] == signal.SIG_IGN):  # nohup asked for that
            signal.signal(signum, handler)
    try:
        yield
    finally:
        for signum, former in before.items():
            signal.signal(signum, former)
