"""Calls in threads that a task waits for even when it is cancelled, because they use its files."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeVar

T = TypeVar("T")


async def run_to_end(threads: Executor, call: Callable[[], T], on_cancel: Callable[[], None] = lambda: None) -> T:
    """Return the result of ``call``. A cancelled task calls ``on_cancel`` and waits for the end of ``call``."""
    running = asyncio.get_running_loop().run_in_executor(threads, call)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        on_cancel()
        running.cancel()  # if it has not begun
        await asyncio.wait([running])
        if not running.cancelled():
            running.exception()  # nobody else asks for it
        raise
