"""The clock of all processes jumps, as after a wrong NTP server or a machine that slept."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.chaos.faults.scene import Scene

FORWARD_SECONDS = 300
BACK_SECONDS = 15


@asynccontextmanager
async def _jump_forward(scene: Scene) -> AsyncIterator[None]:
    scene.ground.set_clock(FORWARD_SECONDS)
    scene.release()
    yield


@asynccontextmanager
async def _jump_back(scene: Scene) -> AsyncIterator[None]:
    scene.ground.set_clock(-BACK_SECONDS)
    scene.release()
    yield


FAULTS = {"clock-forward": _jump_forward, "clock-back": _jump_back}
