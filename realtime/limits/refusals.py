"""The number of refusals of this process, by limit. The log tells of them, and the row of the process has them."""

import logging
import threading
import time
from collections import Counter
from typing import Final

logger = logging.getLogger(__name__)

_LOG_SECONDS: Final = 10.0


class Refusals:
    """Counters since the start of the process. They may be used on any thread."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._logs_at = 0.0

    def count(self, kind: str, by: str, tenant_id: str = "") -> None:
        """Count one. ``kind`` is what was refused, ``by`` whose limit was reached: user, tenant, address …

        The first one is logged, and another after ten seconds at the earliest.
        """
        limit = f"{kind}.{by}"
        with self._lock:
            self._counts[limit] += 1
            now = time.monotonic()
            if now < self._logs_at:
                return
            self._logs_at = now + _LOG_SECONDS
            extra = {"limit": limit, "tenant": tenant_id, "refused": dict(self._counts)}
        logger.warning("A client is refused, because a limit is reached", extra=extra)

    def counts(self) -> dict[str, int]:
        """Return the number of refusals of each limit, such as ``messages.tenant``."""
        with self._lock:
            return dict(self._counts)


REFUSALS = Refusals()
