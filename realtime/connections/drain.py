"""The graceful stop of a web process: every socket and stream is told to reconnect, then the server stops.

An operator may order the first part alone, before the stop: the process is then not ready any more, and whoever still
comes is told to reconnect.

No part of ASGI for this is common to all servers, so the signal handler of the server (Daphne, uvicorn) is wrapped:
it gets its SIGTERM once they are closed, or after a few seconds.
"""

import asyncio
import logging
import random
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from realtime.connections.registry import Registry
from realtime.wire.close_codes import CloseCode

logger = logging.getLogger(__name__)

DRAIN_SECONDS = 3.0
SPREAD_MS = 3_000
"""The milliseconds within which clients reconnect at a random moment, so that they do not all arrive at once."""
# A client that would be refused or closed again for the same reason comes back later: the least, and the span above it.
_PAUSES_MS = {
    CloseCode.TOO_SLOW: (1_000, SPREAD_MS),
    CloseCode.SERVER_ERROR: (1_000, SPREAD_MS),
    CloseCode.TOKEN_EXPIRED: (1_000, SPREAD_MS),
    CloseCode.CONNECTION_LIMIT: (30_000, 30_000),
    CloseCode.CONNECT_RATE: (5_000, 25_000),
}
# For a client that comes back although it should not.
_STOPPED_MS = (60_000, 60_000)
_POLL_SECONDS = 0.05


class Drain:
    """Watches for SIGTERM and for orders on behalf of one process. ``begun`` turns readiness off."""

    def __init__(self) -> None:
        self.begun = False
        self._is_stopping = False
        self._answering = 0
        self._task: asyncio.Task[None] | None = None

    @contextmanager
    def answering(self) -> Iterator[None]:
        """Have a stop wait for the block, which answers a request over HTTP: Daphne would cut it off."""
        self._answering += 1
        try:
            yield
        finally:
            self._answering -= 1

    def watch(self, registry: Registry) -> None:
        """Obey orders, and take over SIGTERM from the server. Outside the main thread no signal arrives."""
        registry.on_drain = lambda: self.begin(registry)
        if threading.current_thread() is not threading.main_thread():
            return
        loop = asyncio.get_running_loop()
        server: Any = signal.getsignal(signal.SIGTERM)

        def on_signal(number: int, frame: FrameType | None) -> None:
            if self._is_stopping:
                _hand_over(server, number, frame)
                return
            self.begun = self._is_stopping = True
            loop.call_soon_threadsafe(lambda: loop.create_task(self._stop(registry, server)))

        signal.signal(signal.SIGTERM, on_signal)

    def begin(self, registry: Registry) -> None:
        """Drain, and serve on until SIGTERM comes. Call it on the event loop."""
        if not self.begun:
            self.begun = True
            self._task = asyncio.get_running_loop().create_task(self._drain(registry))

    async def _stop(self, registry: Registry, server: Any) -> None:
        await self._drain(registry)
        try:
            await registry.end()
        except Exception:
            logger.exception("The rows of the last connections could not be written")
        _hand_over(server, signal.SIGTERM, None)

    async def _drain(self, registry: Registry) -> None:
        """Tell all clients to come back, and wait for a while until they have gone and have their answers."""
        streams = registry.streams.open
        logger.info("Telling %d connections and %d streams to come back", len(registry.open), len(streams))
        for one in (*registry.open.values(), *streams):
            one.close(CloseCode.DRAIN)
        give_up_at = asyncio.get_running_loop().time() + DRAIN_SECONDS
        try:
            async with asyncio.timeout_at(give_up_at):
                await registry.begin_drain()
        except Exception:
            logger.exception("The drain could not be noted; the sweeper may cancel requests of the last connections")
        while (registry.open or streams or self._answering) and asyncio.get_running_loop().time() < give_up_at:
            await asyncio.sleep(_POLL_SECONDS)


def after_ms(code: CloseCode) -> int:
    """Milliseconds that a client shall wait before it comes back; another number each time, and never 0."""
    least, span = _PAUSES_MS.get(code, (1, SPREAD_MS - 1) if code.reconnect else _STOPPED_MS)
    return least + random.randrange(span)


def _hand_over(server: Any, number: int, frame: FrameType | None) -> None:
    """Call the server's own signal handler."""
    if callable(server):
        server(number, frame)
    else:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.raise_signal(signal.SIGTERM)
