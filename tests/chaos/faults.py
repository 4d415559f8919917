"""The faults that this process causes in others when a point was reached, and their ends.

Each is a context: it is entered as soon as the point was reached, and the clients send their second wave inside it.
"""

import asyncio
import os
import shutil
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass

from tests.chaos.cells import Cell
from tests.chaos.ground import Ground
from tests.chaos.load import Load
from tests.chaos.triggers import ChaosFailed, Hit

_POLL_SECONDS = 0.05
_DEADLINE_SECONDS = 20.0
# A lease that ran out is found by a sweep a second later, at the latest.
_BEYOND_LEASE_SECONDS = 1.5
_ZOMBIE_SECONDS = 2.0


@dataclass(frozen=True, kw_only=True)
class Scene:
    """All that a fault may need to know."""

    cell: Cell
    ground: Ground
    load: Load
    hit: Hit
    away_seconds: float
    """The seconds of a long outage of Valkey."""
    postgres_restart: str
    """The command that restarts PostgreSQL."""

    def release(self) -> None:
        self.ground.traps.release(self.cell.point)


def raised(scene: Scene) -> AbstractAsyncContextManager[None]:
    """Raise the fault of the scene's cell. A fault that the process causes in itself needs nothing from here."""
    return _FAULTS.get(scene.cell.fault.name, _by_itself)(scene)


@asynccontextmanager
async def _by_itself(_scene: Scene) -> AsyncIterator[None]:
    yield


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
            await _until(lambda: _was_claimed_again(scene))
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
async def _kill_valkey(scene: Scene) -> AsyncIterator[None]:
    scene.ground.stack.kill("valkey")
    scene.release()
    yield


@asynccontextmanager
async def _wipe_valkey(scene: Scene) -> AsyncIterator[None]:
    stack = scene.ground.stack
    await asyncio.to_thread(stack.halt, "valkey", signal.SIGKILL)
    shutil.rmtree(scene.ground.redis_log)
    scene.release()
    try:
        yield
    finally:
        await asyncio.to_thread(stack.restart, "valkey")


@asynccontextmanager
async def _send_valkey_away(scene: Scene) -> AsyncIterator[None]:
    stack = scene.ground.stack
    await asyncio.to_thread(stack.halt, "valkey", signal.SIGKILL)
    scene.release()
    try:
        yield
        await asyncio.sleep(scene.away_seconds)  # the length of the fault itself
    finally:
        await asyncio.to_thread(stack.restart, "valkey")


@asynccontextmanager
async def _fill_disk(scene: Scene) -> AsyncIterator[None]:
    """Keep the disk full until a file was refused."""
    scene.ground.refused_file.unlink(missing_ok=True)
    scene.ground.full_disk.touch()
    scene.release()
    try:
        yield
        await _until(scene.ground.refused_file.exists)
    finally:
        scene.ground.full_disk.unlink()


@asynccontextmanager
async def _cancel(scene: Scene) -> AsyncIterator[None]:
    """Have the client cancel at this very moment."""
    await scene.load.cancel(scene.hit.requests[0])
    scene.release()
    yield


@asynccontextmanager
async def _restart_postgres(scene: Scene) -> AsyncIterator[None]:
    command = await asyncio.create_subprocess_shell(scene.postgres_restart)
    scene.release()
    if await command.wait():
        raise ChaosFailed(f"'{scene.postgres_restart}' failed with status {command.returncode}")
    yield


async def _until(condition: Callable[[], bool]) -> None:
    """Wait for a condition, and return also when it does not come: the cell gives the verdict."""
    give_up_at = time.monotonic() + _DEADLINE_SECONDS
    while not condition() and time.monotonic() < give_up_at:
        await asyncio.sleep(_POLL_SECONDS)


_FAULTS = {
    "freeze": _freeze,
    "sweeper-kill": _kill_sweeper,
    "valkey-kill": _kill_valkey,
    "valkey-wipe": _wipe_valkey,
    "valkey-away": _send_valkey_away,
    "disk-full": _fill_disk,
    "cancel": _cancel,
    "postgres-restart": _restart_postgres,
}
