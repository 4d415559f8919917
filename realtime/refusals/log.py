"""The log of refusals: one line for each sign-in, token, permission and id that is refused, and never a token.

Refused messages are counted by connection (see ``connections.refused_messages``).
A flood cannot fill the disk: a process writes so many lines a second, and then how many it has left out.
"""

import logging
import threading
import time
from typing import Any, Literal

from django.conf import settings

from jobs.metrics.counters import Counter

# Operators route the lines by this name, wherever the module lies.
logger = logging.getLogger("realtime.refusals")

Event = Literal["Sign-in refused", "Connection refused", "Token refused", "Access refused", "Message refused"]
_WINDOW_SECONDS = 1.0
_REFUSED = Counter("streamer_refusals", "What was refused, whether the log has a line of it or not.", "event", "reason")
_MAX_CHARACTERS = 256


class RefusalLog:
    """The lines of one process. Its methods may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._window_began = 0.0
        self._written = 0
        self._left_out = 0

    def write(self, event: Event, facts: dict[str, Any]) -> None:
        """Write a line, or count it among those that are left out."""
        with self._lock:
            now = time.monotonic()
            if now - self._window_began >= _WINDOW_SECONDS:
                self._window_began, self._written = now, 0
            if self._written >= settings.STREAMER_REFUSALS_LOGGED_PER_SECOND:
                self._left_out += 1
                if self._left_out == 1:
                    # Without it, the end of a flood would never be told.
                    timer = threading.Timer(_WINDOW_SECONDS, self.tell_left_out)
                    timer.daemon = True
                    timer.start()
                return
            self._written += 1
        logger.warning(event, extra=facts)

    def tell_left_out(self) -> None:
        """Write how many lines were left out since this was told last."""
        with self._lock:
            count, self._left_out = self._left_out, 0
        if count:
            logger.warning("Refusals left out", extra={"count": count})


_LOG = RefusalLog()


def log_refusal(
    event: Event, *, reason: str, address: str, user: str | None = None, tenant: str | None = None, **facts: Any
) -> None:
    """Log one refusal. ``user`` and ``tenant`` must come from a verified token, or name an account that exists."""
    known = {"user": user, "tenant": tenant, **facts}
    _REFUSED.count(event, reason, by=facts.get("count", 1))
    told = {name: _short(value) for name, value in known.items() if value is not None}
    _LOG.write(event, {"reason": reason, "address": address, **told})


def _short(value: Any) -> Any:
    return value if isinstance(value, int) else str(value)[:_MAX_CHARACTERS]
