"""Faults of Streamer's own processes, of the files that they store, and a race."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from streamer_site.local.process import Process
from tests.chaos.faults.scene import Scene, until

# A lease that ran out is found by a sweep a second later, at the latest.
_BEYOND_LEASE_SECONDS = 1.5
_ZOMBIE_SECONDS = 2.0
_KILLS = 10
_RETURN_SECONDS = 30.0


@asynccontextmanager
async def _freeze(scene: Scene) -> AsyncIterator[None]:
    """Freeze a process. It is thawed when the lease is over and another attempt has begun, if one can.

    The child first and alone: its parent would kill it at once, and there would be no zombie to see.
    """
    thaw_at = time.monotonic() + scene.ground.lease_seconds + _BEYOND_LEASE_SECONDS
    try:
        yield
        await asyncio.sleep(thaw_at - time.monotonic())  # the length of the fault itself
        if scene.cell.point.name in ("after-claim", "mid-run"):
            await until(lambda: _was_claimed_again(scene))
        os.kill(scene.hit.pid, signal.SIGCONT)
        await asyncio.sleep(_ZOMBIE_SECONDS)
    finally:
        for pid in (scene.hit.pid, scene.hit.parent):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def _was_claimed_again(scene: Scene) -> bool:
    hit = [stream for stream in scene.load.streams if stream.request_id in scene.hit.requests]
    return any(event["type"] == "started" and event["attempt"] > 1 for stream in hit for event in stream.events)


@asynccontextmanager
async def _kill_sweeper(scene: Scene) -> AsyncIterator[None]:
    scene.ground.stack.kill("sweeper")
    scene.release()
    yield


@asynccontextmanager
async def _kill_worker_ten_times(scene: Scene) -> AsyncIterator[None]:
    """Kill one worker, with its child, whenever it is back: ten times in a row."""
    stack = scene.ground.stack
    scene.release()
    killing = asyncio.create_task(_kill_again_and_again(stack.supervisor.named("worker-1")[0]))
    try:
        yield
    finally:
        await killing


async def _kill_again_and_again(worker: Process) -> None:
    last: int | None = None
    for _ in range(_KILLS):
        await until(lambda last=last: worker.pid not in (None, last), _RETURN_SECONDS)  # type: ignore[misc]
        last = worker.pid
        worker.kill()


@asynccontextmanager
async def _fill_disk(scene: Scene) -> AsyncIterator[None]:
    """Keep the disk full until a file was refused."""
    scene.ground.refused_file.unlink(missing_ok=True)
    scene.ground.full_disk.touch()
    scene.release()
    try:
        yield
        await until(scene.ground.refused_file.exists)
    finally:
        scene.ground.full_disk.unlink()


@asynccontextmanager
async def _cancel(scene: Scene) -> AsyncIterator[None]:
    """Have the client cancel at this very moment."""
    await scene.load.cancel(scene.hit.requests[0])
    scene.release()
    yield


FAULTS = {
    "freeze": _freeze,
    "sweeper-kill": _kill_sweeper,
    "worker-kill-ten": _kill_worker_ten_times,
    "disk-full": _fill_disk,
    "cancel": _cancel,
}
