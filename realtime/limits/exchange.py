"""The exchange: what is spent from the buckets of this process is told to Redis, which tells what is left for all.

Who asks is answered at once, by the process's own buckets. A thread tells Redis afterwards, all buckets in one round
trip. Without Redis each process limits alone, and what it could not tell stays to be told.
"""

import logging
import math
import threading
import time
from collections.abc import Sequence
from typing import Any, Final

from jobs.circuit import CircuitBreaker
from jobs.queue.wakeups import connection
from realtime.limits.token_bucket import TokenBucket

logger = logging.getLogger(__name__)

PAUSE_SECONDS: Final = 0.05
"""The least time between two round trips of a process."""
# Of a large bucket, less than this share is told later, so that most messages of a busy client cost Redis nothing.
_SHARE: Final = 0.02
_LATEST_SECONDS: Final = 0.5
_LINGER_SECONDS: Final = 1.0
_MAX_UNTOLD: Final = 50_000
# Redis answers nobody else while it runs a script.
_AT_ONCE: Final = 500
# Each key has a rate, a burst, the tokens that were spent, and the seconds since the first of them was. They are taken
# off before the bucket is full, so that what is told late counts as if it had been told at its time.
_SPEND: Final = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local answers = {}
for i, key in ipairs(KEYS) do
    local rate, burst = tonumber(ARGV[4 * i - 3]), tonumber(ARGV[4 * i - 2])
    local spent, age = tonumber(ARGV[4 * i - 1]), tonumber(ARGV[4 * i])
    local kept = redis.call('HMGET', key, 'left', 'at')
    local left = burst
    if kept[1] then
        local elapsed = math.max(0, now - kept[2])
        age = math.min(age, elapsed)
        left = math.min(burst, kept[1] + (elapsed - age) * rate)
    end
    left = math.max(-burst, math.min(burst, left + age * rate - spent))
    redis.call('HSET', key, 'left', tostring(left), 'at', string.format('%.6f', now))
    redis.call('PEXPIRE', key, math.ceil((burst - left) / rate * 1000) + 1000)
    answers[i] = tostring(left)
end
return answers
"""

breaker = CircuitBreaker("each web process limits clients alone", name="limits")


class SharedBucket(TokenBucket):
    """A bucket of this process, and its name in Redis. Only its exchange may change it."""

    __slots__ = ("is_listed", "name", "untold", "untold_since")

    def __init__(self, name: str, *, per_second: float, burst: float) -> None:
        super().__init__(per_second=per_second, burst=burst)
        self.name = name
        self.untold = 0.0
        """The tokens that were spent here, and that Redis does not know of. Negative when they were given back."""
        self.untold_since = 0.0
        self.is_listed = False
        """True while the exchange has it among those of which there is something to tell."""

    @property
    def is_due(self) -> bool:
        """Return True if Redis should be told now. Call it after ``refill``."""
        is_much = abs(self.untold) >= _SHARE * self.burst
        return is_much or self.refilled_at - self.untold_since >= _LATEST_SECONDS


class Exchange:
    """The exchange of one process, for all its shared buckets. Its thread ends when there is nothing to tell."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._untold: list[SharedBucket] = []
        self._wanted = threading.Event()
        self._runs = False

    def take(self, buckets: Sequence[SharedBucket], tokens: float = 1.0, *, refused_pay: bool = False) -> float:
        """Take from all of ``buckets`` and return 0, or from none and return the seconds to wait.

        With ``refused_pay`` who is refused pays too, down to as much debt as a bucket holds: who heeds no refusal
        waits longer.
        """
        seconds = 0.0
        with self._lock:
            now: float | None = None
            for bucket in buckets:
                if bucket.refill(now) < 1:
                    seconds = max(seconds, bucket.wait_seconds)
                now = bucket.refilled_at  # one look at the clock for all of them: each message comes by here
            if not seconds or refused_pay:
                self._spend(buckets, tokens)
        return seconds

    def spend(self, buckets: Sequence[SharedBucket], tokens: float) -> None:
        """Take from ``buckets`` without asking. A negative number gives back."""
        with self._lock:
            for bucket in buckets:
                bucket.refill()
            self._spend(buckets, tokens)

    def _spend(self, buckets: Sequence[SharedBucket], tokens: float) -> None:
        for bucket in buckets:
            bucket.left -= tokens
            if not -bucket.burst <= bucket.left <= bucket.burst:
                bucket.left = math.copysign(bucket.burst, bucket.left)
            bucket.untold += tokens
            if not bucket.is_listed:
                bucket.untold_since = bucket.refilled_at
                bucket.is_listed = True
                self._untold.append(bucket)

    # --- in the background ---------------------------------------------------------------------------------------

    def soon(self) -> None:
        """Exchange in a moment. Call it after each ``take`` or ``spend``; it does not wait."""
        if self._wanted.is_set():
            return
        self._wanted.set()
        with self._lock:
            if self._runs:
                return
            self._runs = True
        threading.Thread(target=self._run, name="shared-limits", daemon=True).start()

    def _run(self) -> None:
        while True:
            if not self._wanted.wait(_LINGER_SECONDS):
                with self._lock:
                    if not self._wanted.is_set():
                        self._runs = False
                        return
            self._wanted.clear()
            try:
                self.exchange()
            except Exception:
                logger.exception("What was spent could not be told to other processes")
            time.sleep(PAUSE_SECONDS)
            if self._untold:
                self._wanted.set()

    def exchange(self) -> None:
        """Tell and ask in one round trip. What cannot be told now counts here alone, and is told the next time."""
        if breaker.is_open:
            return
        with self._lock:
            told = [(one, one.untold, one.refilled_at - one.untold_since) for one in self._untold if _is_due(one)]
        if not told:
            return
        answers: list[float] = []
        breaker.call(lambda: answers.extend(_ask(told)))
        with self._lock:
            if answers:
                for (bucket, spent, _), left in zip(told, answers, strict=True):
                    _correct(bucket, spent, left)
            else:
                self._forget_what_came_back()
            self._untold = [one for one in self._untold if one.is_listed]

    def _forget_what_came_back(self) -> None:
        """Keep what others should learn of, once Redis answers: a bucket that is full again hides nothing."""
        surplus = len(self._untold) - _MAX_UNTOLD
        for number, bucket in enumerate(self._untold):
            if number < surplus or bucket.is_full:
                bucket.untold, bucket.is_listed = 0.0, False


def _is_due(bucket: SharedBucket) -> bool:
    bucket.refill()
    return bucket.is_due


def _ask(told: Sequence[tuple[SharedBucket, float, float]]) -> list[float]:
    with connection().pipeline(transaction=False) as pipeline:
        for start in range(0, len(told), _AT_ONCE):
            part = told[start : start + _AT_ONCE]
            values = [value for one, spent, age in part for value in (one.per_second, one.burst, spent, age)]
            pipeline.eval(_SPEND, len(part), *(one.name for one, _, _ in part), *values)
        answers: list[list[Any]] = pipeline.execute()
    return [float(left) for part in answers for left in part]


def _correct(bucket: SharedBucket, spent: float, left: float) -> None:
    """Take over what is left for all processes, less what was spent here in the meantime."""
    bucket.refill()
    bucket.untold -= spent
    bucket.untold_since = bucket.refilled_at
    bucket.is_listed = bucket.untold != 0
    bucket.left = min(bucket.left, max(-bucket.burst, left - bucket.untold))
