"""The users who were told a moment ago that too many of their requests wait, so that nobody looks again at once."""

import time
from collections import OrderedDict
from typing import Final

from jobs.errors import ErrorBody

Owner = tuple[str, str]
"""Tenant and user."""
REMEMBERED_SECONDS: Final = 0.5
"""A tenth of what the error tells the client to wait."""
_MAX_REMEMBERED: Final = 20_000


class FullQueues:
    """The memory of one process. Used on the event loop alone."""

    def __init__(self) -> None:
        # Those that were noted last come last.
        self._errors: OrderedDict[Owner, tuple[float, ErrorBody]] = OrderedDict()

    def note(self, owner: Owner, error: ErrorBody) -> None:
        """Remember that a request of ``owner`` was refused with ``error``."""
        self._errors[owner] = (time.monotonic() + REMEMBERED_SECONDS, error)
        self._errors.move_to_end(owner)
        if len(self._errors) > _MAX_REMEMBERED:
            self._errors.popitem(last=False)

    def error_of(self, owner: Owner) -> ErrorBody | None:
        """Return the error with which to refuse a new request now; None: the database must be asked."""
        found = self._errors.get(owner)
        if found is None:
            return None
        ends_at, error = found
        if time.monotonic() < ends_at:
            return error
        del self._errors[owner]
        return None
