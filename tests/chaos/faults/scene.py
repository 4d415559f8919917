"""The things that a fault is given: the cell, the stack, the load, and the process that reached the point."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from tests.chaos.cells import Cell
from tests.chaos.ground import Ground
from tests.chaos.load import Load
from tests.chaos.triggers import Hit

_POLL_SECONDS = 0.05
_DEADLINE_SECONDS = 20.0


@dataclass(frozen=True, kw_only=True)
class Scene:
    """All that a fault may need to know."""

    cell: Cell
    ground: Ground
    load: Load
    hit: Hit
    away_seconds: float
    """The seconds of a long outage."""
    database_url: str = ""
    """The URL of PostgreSQL; "" is SQLite."""
    postgres_restart: str = ""
    """The command that restarts PostgreSQL."""

    def release(self) -> None:
        self.ground.traps.release(self.cell.point)


async def until(condition: Callable[[], bool], seconds: float = _DEADLINE_SECONDS) -> None:
    """Wait for a condition, and return also when it does not come: the cell gives the verdict."""
    give_up_at = time.monotonic() + seconds
    while not condition() and time.monotonic() < give_up_at:
        await asyncio.sleep(_POLL_SECONDS)
