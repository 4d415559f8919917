"""The end of a token during a connection: a warning a minute before, and the close after a grace."""

import asyncio
import time
from collections.abc import Callable

from realtime.auth import Identity

WARNING_SECONDS = 60.0
GRACE_SECONDS = 25.0
"""The time after the expiry in which a client may still send a fresh token."""
# An event loop cannot wait for years.
_MAX_SECONDS = 86_400.0


class TokenExpiry:
    """Watches one token, with a timer and without a task. ``warn`` and ``end`` are called on the event loop."""

    def __init__(self, *, warn: Callable[[Identity], None], end: Callable[[], None]) -> None:
        self._warn = warn
        self._end = end
        self._timer: asyncio.Handle | None = None

    def watch(self, identity: Identity) -> None:
        """Watch this token instead of the one before. Nothing is called before this method has returned."""
        self.stop()
        self._wait(identity.expires_at - WARNING_SECONDS, self._announce, identity)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _announce(self, identity: Identity) -> None:
        self._warn(identity)
        # No sooner than a handshake refuses the token, or the client would come back with it.
        self._wait(max(identity.expires_at + GRACE_SECONDS, identity.refused_at), self._finish, identity)

    def _finish(self, identity: Identity) -> None:
        self._end()

    def _wait(self, unix_seconds: float, then: Callable[[Identity], None], identity: Identity) -> None:
        loop = asyncio.get_running_loop()
        left = unix_seconds - time.time()
        if left > 0:
            self._timer = loop.call_later(min(left, _MAX_SECONDS), self._wait, unix_seconds, then, identity)
        else:
            self._timer = loop.call_soon(then, identity)
