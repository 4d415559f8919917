"""Finding and killing the processes that run a request."""

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from tests.acceptance.client import Client
from tests.live import LiveStack
from tests.local.waiting import children_of, eventually, is_alive


async def pid_of_run(client: Client, request_id: str) -> int:
    """Return the id of the worker's child that runs a request of ``zoo_slow``."""
    return int((await client.event(request_id, "progress"))["metadata"]["pid"])


def worker_of(live: LiveStack, child: int) -> str:
    """Return the name of the worker whose child it is."""
    for name in ("worker-1", "worker-2"):
        if any(child in children_of(pid) for pid in live.stack.pids(name)):
            return name
    raise AssertionError(f"no worker has the child {child}")


async def kill_and_wait(pid: int) -> None:
    """Send SIGKILL, and return when the process has ended."""
    os.kill(pid, signal.SIGKILL)
    await asyncio.to_thread(eventually, lambda: not is_alive(pid), f"process {pid} has ended")


@contextmanager
def frozen(*pids: int) -> Iterator[None]:
    """Stop the processes inside the block. They do not notice it afterwards."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in reversed(pids):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)
