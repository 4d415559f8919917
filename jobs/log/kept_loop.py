"""Sends through a channel layer from code without an event loop, on one permanent loop in its own thread.

A new loop for each message would cost several milliseconds and a new connection to the layer's server.
"""

import asyncio
import os
import threading
from collections.abc import Mapping, Sequence
from typing import Any

MAX_SECONDS = 1.0
_starting = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None


def send_on_kept_loop(layer: Any, messages: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
    """Send each message to its group with ``layer.group_send``.

    Raises ``OSError`` when the layer fails, whatever it raises itself, or takes longer than ``MAX_SECONDS``.
    """
    sending = asyncio.run_coroutine_threadsafe(_send(layer, messages), _kept_loop())
    try:
        sending.result(MAX_SECONDS)
    except TimeoutError:
        sending.cancel()
        raise
    except Exception as error:  # each layer raises errors of its own
        raise ConnectionError(f"{type(error).__name__}: {error}") from error


async def _send(layer: Any, messages: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
    for group, message in messages:
        await layer.group_send(group, message)


def _kept_loop() -> asyncio.AbstractEventLoop:
    global _loop
    with _starting:
        if _loop is None:
            _loop = asyncio.new_event_loop()
            threading.Thread(target=_loop.run_forever, name="channel-layer", daemon=True).start()
        return _loop


def _forget_loop() -> None:
    """Start anew in a forked child: it has no copy of the thread, and no living thread may hold the lock."""
    global _loop, _starting
    _loop, _starting = None, threading.Lock()


os.register_at_fork(after_in_child=_forget_loop)
