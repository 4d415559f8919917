"""The cache of inline answers that may be given again, in the memory of this process.

Results of queued requests are found among their rows (``jobs.requests.result_cache``). An inline answer has no row, and
is too quick to be worth one. So each web process remembers its own answers, up to a number of bytes.
"""

import threading
import time
from collections import OrderedDict
from dataclasses import dataclass

MAX_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class CachedAnswer:
    encoded: bytes
    """JSON."""
    computed_at: float
    """Unix seconds."""


class InlineCache:
    """A cache of answers, safe to use from several threads. It drops the least recently used answer first."""

    def __init__(self) -> None:
        self._answers: OrderedDict[str, CachedAnswer] = OrderedDict()
        self._bytes = 0
        self._lock = threading.Lock()

    def find(self, key: str, seconds: float) -> CachedAnswer | None:
        """Return the cached answer younger than ``seconds``, else None."""
        with self._lock:
            kept = self._answers.get(key)
            if kept is None or kept.computed_at + seconds <= time.time():
                return None
            self._answers.move_to_end(key)
            return kept

    def keep(self, key: str, encoded: bytes) -> None:
        with self._lock:
            self._remove(key)
            self._answers[key] = CachedAnswer(encoded=encoded, computed_at=time.time())
            self._bytes += len(encoded)
            while self._bytes > MAX_BYTES:
                self._remove(next(iter(self._answers)))

    def _remove(self, key: str) -> None:
        kept = self._answers.pop(key, None)
        self._bytes -= len(kept.encoded) if kept else 0
