"""Faults of the Redis server, which is the stack's own Valkey, and of the names of hosts."""

import asyncio
import shutil
import signal
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

import redis

from tests.chaos.faults.databases import end_backends
from tests.chaos.faults.scene import Scene

# Below the 2 s after which Streamer takes a silent server for one that is away.
_SLOW_MS = 1_200
_BETWEEN_SECONDS = 0.05


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
async def _pause_valkey(scene: Scene) -> AsyncIterator[None]:
    """Have it hang: connections stay open, and nothing is answered."""
    stack = scene.ground.stack
    stack.kill("valkey", signal.SIGSTOP)
    scene.release()
    try:
        yield
        await asyncio.sleep(scene.away_seconds)  # the length of the fault itself
    finally:
        stack.kill("valkey", signal.SIGCONT)


@asynccontextmanager
async def _slow_valkey(scene: Scene) -> AsyncIterator[None]:
    """Have each command wait for up to 1.2 s before it is answered, while it lasts."""
    slowing = asyncio.create_task(asyncio.to_thread(_slow_down, scene))
    scene.release()
    try:
        yield
    finally:
        await slowing


def _slow_down(scene: Scene) -> None:
    ends_at = time.monotonic() + scene.away_seconds
    with redis.Redis.from_url(scene.ground.stack.env["REDIS_URL"]) as server:
        while time.monotonic() < ends_at:
            server.execute_command("CLIENT PAUSE", _SLOW_MS, "ALL")
            time.sleep(_SLOW_MS / 1000 + _BETWEEN_SECONDS)


@asynccontextmanager
async def _fail_names(scene: Scene) -> AsyncIterator[None]:
    """Have no name of a host resolve, and cut what is connected, so that all have to ask for the name again."""
    scene.ground.no_names.touch()
    with _connections_cut(scene):
        scene.release()
        try:
            yield
            await asyncio.sleep(scene.away_seconds)  # the length of the fault itself
        finally:
            scene.ground.no_names.unlink()


@contextmanager
def _connections_cut(scene: Scene) -> Iterator[None]:
    with redis.Redis.from_url(scene.ground.stack.env["REDIS_URL"]) as server:
        for kind in ("normal", "pubsub"):
            with suppress(redis.RedisError):
                server.client_kill_filter(_type=kind, skipme=True)
    if scene.database_url:
        end_backends(scene.database_url)
    yield


FAULTS = {
    "valkey-kill": _kill_valkey,
    "valkey-wipe": _wipe_valkey,
    "valkey-away": _send_valkey_away,
    "valkey-pause": _pause_valkey,
    "valkey-slow": _slow_valkey,
    "dns-away": _fail_names,
}
