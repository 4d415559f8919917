"""The graceful stop of a web process: every socket is told to reconnect, then the server stops.

No part of ASGI for this is common to all servers, so the signal handler of the server (Daphne, uvicorn) is wrapped:
it gets its SIGTERM once the sockets are closed, or after a few seconds.
"""

import asyncio
import logging
import random
import signal
import threading
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
    CloseCode.TOKEN_EXPIRED: (1_000, SPREAD_MS),
    CloseCode.CONNECTION_LIMIT: (30_000, 30_000),
}
_POLL_SECONDS = 0.05


class Drain:
    """Watches for SIGTERM on behalf of one process. ``begun`` turns readiness off."""

    def __init__(self) -> None:
        self.begun = False

    def watch(self, registry: Registry) -> None:
        """Take over SIGTERM from the server. Without effect outside the main thread, where no signal arrives."""
        if threading.current_thread() is not threading.main_thread():
            return
        loop = asyncio.get_running_loop()
        server: Any = signal.getsignal(signal.SIGTERM)

        def on_signal(number: int, frame: FrameType | None) -> None:
            if self.begun:
                _hand_over(server, number, frame)
                return
            self.begun = True
            loop.call_soon_threadsafe(lambda: loop.create_task(self._drain(registry, server)))

        signal.signal(signal.SIGTERM, on_signal)

    async def _drain(self, registry: Registry, server: Any) -> None:
        logger.info("Telling %d connections to come back", len(registry.open))
        for connection in tuple(registry.open.values()):
            connection.close(CloseCode.DRAIN)
        give_up_at = asyncio.get_running_loop().time() + DRAIN_SECONDS
        while registry.open and asyncio.get_running_loop().time() < give_up_at:
            await asyncio.sleep(_POLL_SECONDS)
        try:
            await registry.write()
        except Exception:
            logger.exception("The rows of the last connections could not be written")
        _hand_over(server, signal.SIGTERM, None)


def after_ms(code: CloseCode) -> int:
    """Milliseconds that a client shall wait before it comes back; another number each time. 0: it shall not."""
    if not code.reconnect:
        return 0
    least, span = _PAUSES_MS.get(code, (1, SPREAD_MS - 1))
    return least + random.randrange(span)


def _hand_over(server: Any, number: int, frame: FrameType | None) -> None:
    """Call the server's own signal handler."""
    if callable(server):
        server(number, frame)
    else:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.raise_signal(signal.SIGTERM)
