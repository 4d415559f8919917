"""The things that the acts share: the stack, the client on its socket, and the requests that were followed."""

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from streamer_site.local.client import Client, Followed
from streamer_site.local.demo.bars import Bars
from streamer_site.local.demo.display import Display
from streamer_site.local.stack import Stack

_POLL_SECONDS = 0.05

Asked = tuple[str, str, Mapping[str, Any]]
"""Label, action, payload."""


class ActFailed(Exception):
    """An act did not come out as told. The text says what was seen instead."""


@dataclass
class Scene:
    """One act, as it was played."""

    title: str
    followed: list[Followed] = field(default_factory=list)
    """The requests of the act."""
    echoed: list[Followed] = field(default_factory=list)
    """The same requests, as a second client saw them."""
    seconds: float = 0.0


@dataclass(kw_only=True)
class Stage:
    """The place where the acts are played."""

    stack: Stack
    token: str
    client: Client
    display: Display
    scenes: list[Scene] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        """Return the folder for what the demo writes itself."""
        return self.stack.data_dir / "files"

    @contextmanager
    def act(self, title: str, story: str) -> Iterator[Scene]:
        """Announce an act, time it, and keep it for the books."""
        scene = Scene(title)
        self.display.act(len(self.scenes) + 1, title, story)
        self.scenes.append(scene)
        started_at = time.monotonic()
        try:
            yield scene
        finally:
            scene.seconds = time.monotonic() - started_at

    def faults(self) -> list[str]:
        """List what is wrong with any request of the acts so far."""
        return [fault for scene in self.scenes for one in [*scene.followed, *scene.echoed] for fault in one.faults()]

    async def ask(self, scene: Scene, asked: Sequence[Asked]) -> list[Followed]:
        """Send all requests, show them while they run, and wait for all."""
        with self.display.bars() as bars:
            sent = [await self.send(scene, one, bars) for one in asked]
            return [await self.client.wait(one) for one in sent]

    async def send(self, scene: Scene, asked: Asked, bars: Bars) -> Followed:
        label, action, payload = asked
        followed = await self.client.send(action, payload, label=label, on_change=bars)
        scene.followed.append(followed)
        return followed


async def until(condition: Callable[[], object], followed: Followed, what: str, timeout_seconds: float = 60.0) -> None:
    """Wait for the condition. Raises ``ActFailed`` when the request ends first, or too much time passes."""
    deadline = time.monotonic() + timeout_seconds
    while not condition():
        if followed.ended.is_set():
            raise ActFailed(f"{followed.label} ended as {followed.status} before {what}")
        if time.monotonic() > deadline:
            raise ActFailed(f"Not within {timeout_seconds:.0f} s: {what}")
        await asyncio.sleep(_POLL_SECONDS)
