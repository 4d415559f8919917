"""The users who were told a moment ago that too many of their requests wait, so that nobody looks again at once.

Who comes back sooner than the error asked for is looked up with one request at a time. After that all are looked up.
"""

import time
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final

from jobs.errors import ErrorBody

Owner = tuple[str, str]
"""Tenant and user."""
REMEMBERED_SECONDS: Final = 0.5
"""A tenth of what the error tells the client to wait."""
_MAX_REMEMBERED: Final = 20_000


@dataclass(slots=True)
class _Full:
    error: ErrorBody
    asks_at: float
    """From then on the next request looks again."""
    ends_at: float
    """From then on the client may come back, as the error told it."""


class FullQueues:
    """The memory of one process. Used on the event loop alone."""

    def __init__(self) -> None:
        # Those that were noted last come last.
        self._full: OrderedDict[Owner, _Full] = OrderedDict()

    def note(self, owner: Owner, error: ErrorBody) -> None:
        """Remember that a request of ``owner`` was refused with ``error``."""
        now = time.monotonic()
        self._full[owner] = _Full(error, now + REMEMBERED_SECONDS, now + error.get("retry_after", REMEMBERED_SECONDS))
        self._full.move_to_end(owner)
        if len(self._full) > _MAX_REMEMBERED:
            self._full.popitem(last=False)

    def forget(self, owner: Owner) -> None:
        """Note that a request of ``owner`` was stored: there is room again."""
        self._full.pop(owner, None)

    def error_of(self, owner: Owner) -> ErrorBody | None:
        """Return the error with which to refuse a new request now; None: the database must be asked."""
        found = self._full.get(owner)
        if found is None:
            return None
        now = time.monotonic()
        if now >= found.ends_at:
            del self._full[owner]
            return None
        if now < found.asks_at:
            return found.error
        found.asks_at = now + REMEMBERED_SECONDS
        return None
