"""The faults that this process causes in others when a point was reached, and their ends.

Each is a context: it is entered as soon as the point was reached, and the clients send their second wave inside it.

scene         what a fault is given
processes     Streamer's own processes, the files they store, and a race
redis_server  Valkey, and the names of hosts
databases     PostgreSQL and SQLite
clock         the time
"""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from tests.chaos.faults import clock, databases, processes, redis_server
from tests.chaos.faults.scene import Scene

FAULTS = {**processes.FAULTS, **redis_server.FAULTS, **databases.FAULTS, **clock.FAULTS}


def raised(scene: Scene) -> AbstractAsyncContextManager[None]:
    """Raise the fault of the scene's cell. A fault that the process causes in itself needs nothing from here."""
    return FAULTS.get(scene.cell.fault.name, _by_itself)(scene)


@asynccontextmanager
async def _by_itself(_scene: Scene) -> AsyncIterator[None]:
    yield
