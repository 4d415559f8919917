"""Token buckets by key, which all web processes share through an exchange."""

import hashlib
from collections import OrderedDict
from collections.abc import Sequence
from typing import Final

import msgspec

from realtime.limits.exchange import Exchange, SharedBucket

BURST_SECONDS: Final = 10
"""At once, as many may come as otherwise in these seconds."""
_MAX_BUCKETS: Final = 20_000
_PREFIX: Final = "streamer:limits:"


class Buckets:
    """Buckets of ``per_second`` tokens on average, and ``burst_seconds`` of them at once. 0: no limit.

    ``kind`` tells their keys in Redis from those of other buckets. Used on one thread.
    """

    def __init__(
        self, exchange: Exchange, per_second: float, *, kind: str, burst_seconds: float = BURST_SECONDS
    ) -> None:
        self.exchange = exchange
        self.per_second = per_second
        self.kind = kind
        self._burst = max(1.0, per_second * burst_seconds)
        # Those that were asked for last come last.
        self._buckets: OrderedDict[Sequence[str], SharedBucket] = OrderedDict()

    def find(self, *key: str) -> tuple[SharedBucket, ...]:
        """Return the bucket of a key, or nothing where there is no limit.

        Whoever keeps it may use it for as long as they like: two buckets of a key are like those of two processes.
        """
        if self.per_second <= 0:
            return ()
        if (bucket := self._buckets.get(key)) is None:
            if len(self._buckets) >= _MAX_BUCKETS:
                self._forget()
            bucket = SharedBucket(self._name(key), per_second=self.per_second, burst=self._burst)
            self._buckets[key] = bucket
        else:
            self._buckets.move_to_end(key)
        return (bucket,)

    def _forget(self) -> None:
        """Forget those that are full again, and at least one: more addresses than this cannot be told apart anyway."""
        self._buckets.popitem(last=False)
        while self._buckets and next(iter(self._buckets.values())).is_full:
            self._buckets.popitem(last=False)

    def _name(self, key: Sequence[str]) -> str:
        """Return the name in Redis, which does not show the user or the address."""
        digest = hashlib.sha256(msgspec.json.encode(key)).hexdigest()[:32]
        return f"{_PREFIX}{self.kind}:{digest}"
