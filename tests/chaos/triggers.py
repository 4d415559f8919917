"""This side of ``inject``: set a trap at a point, hear which process closed it, let a held one go."""

import asyncio
import json
import time
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.cells import Point

_POLL_SECONDS = 0.01


class ChaosFailed(Exception):
    """The matrix itself cannot go on. The text says why. It is no verdict on the product."""


@dataclass(frozen=True, kw_only=True)
class Hit:
    """A process reached the point."""

    pid: int
    parent: int
    at: float
    """Unix seconds."""
    requests: tuple[str, ...]
    """The ids, the server's and the client's, of its requests; none when they are unknown."""


class Traps:
    """The folder that the processes look into."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def clear(self) -> None:
        """Forget all traps and hits. Raises ``ChaosFailed`` when the product lacks a function that makes a point."""
        missing = self.folder / "missing"
        if missing.exists():
            raise ChaosFailed(f"Streamer has no {missing.read_text()} any more: see chaos/inject/sitecustomize.py")
        for path in self.folder.iterdir():
            path.unlink(missing_ok=True)

    def set(self, point: Point, order: str) -> None:
        part = self.folder / f"{_name(point)}.part"
        part.write_text(order)
        part.rename(self.folder / _name(point))

    async def wait_for(self, point: Point, seconds: float) -> Hit | None:
        """Wait for the hit; None when no process reaches the point in time."""
        path = self.folder / f"{_name(point)}.hit"
        give_up_at = time.monotonic() + seconds
        while not path.exists():
            if time.monotonic() > give_up_at:
                return None
            await asyncio.sleep(_POLL_SECONDS)
        facts = json.loads(path.read_text())
        ids = tuple(str(name) for name in facts["requests"])
        return Hit(pid=facts["pid"], parent=facts["parent"], at=facts["at"], requests=ids)

    def release(self, point: Point) -> None:
        """Let a process go on that waits at the point."""
        (self.folder / f"{_name(point)}.go").touch()


def _name(point: Point) -> str:
    return f"{point.role}.{point.name}"
