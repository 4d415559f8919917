"""The limit on a connection's messages: a token bucket, and the point at which the connection is closed.

Behind it stand the buckets of the client, which all its connections share. They refuse, but close nothing: others may
have emptied them.
"""

from enum import Enum
from typing import Final

from jobs.errors import ErrorBody, ErrorCode, error_body
from realtime.limits.clients import ClientBuckets
from realtime.limits.refusals import REFUSALS
from realtime.limits.token_bucket import TokenBucket

BYTES_PER_MESSAGE: Final = 64 * 1024
"""A message counts once more for each of these in it."""
FREE_SECONDS: Final = 0.002
"""The processor time of a message that is not counted."""
SECONDS_PER_MESSAGE: Final = 0.00025
"""A message counts once more for each of these above ``FREE_SECONDS``."""


class Verdict(Enum):
    FINE = "fine"
    TOO_MANY = "too many"
    ABUSE = "abuse"


class RateLimit:
    """A limit of ``per_second`` on average and ``burst`` at once. ``max_refused`` more refused than passed is abuse.

    Bytes and processor time count as further messages. They may put the bucket into debt, so that what came is
    answered and what follows waits. With ``per_second`` of 0 the connection itself has no limit.
    """

    def __init__(
        self, *, per_second: float, burst: int, shared: ClientBuckets | None = None, max_refused: int = 1_000
    ) -> None:
        self._bucket = TokenBucket(per_second=per_second, burst=burst)
        self._shared = shared
        self._max_refused = max_refused
        self._refused = 0.0
        self._error: ErrorBody | None = None

    def judge(self, size_bytes: int = 0) -> Verdict:
        """Judge one message. Call it once for each."""
        cost = 1 + size_bytes // BYTES_PER_MESSAGE
        if self._bucket.refill() >= 1:
            self._bucket.spend(cost)
            self._refused = max(0.0, self._refused - 1)
            self._error = self._shared.take(cost) if self._shared else None
            return Verdict.TOO_MANY if self._error else Verdict.FINE
        self._error = None
        REFUSALS.count("messages", "connection")
        self._refused += cost
        return self._refusal()

    def charge(self, seconds: float, *, messages: int = 1, was_refused: bool = False) -> Verdict:
        """Count the processor time that judged messages have taken. Return ABUSE if that of refused ones is too much.

        One charge is at most half the burst: the time of a garbage collection falls on whoever comes by.
        """
        surplus = max(0.0, seconds - FREE_SECONDS * messages) / SECONDS_PER_MESSAGE
        cost = min(self._bucket.burst / 2, surplus)
        if not was_refused or self._error is not None:
            self._bucket.spend(cost)
            if self._shared and not was_refused:
                self._shared.spend(cost)
            return Verdict.FINE
        self._refused += cost
        return self._refusal()

    def _refusal(self) -> Verdict:
        return Verdict.ABUSE if self._refused > self._max_refused else Verdict.TOO_MANY

    @property
    def error(self) -> ErrorBody:
        """Return the error for the message that was judged last."""
        if self._error is not None:
            return self._error
        rate = self._bucket.per_second
        return error_body(
            ErrorCode.RATE_LIMITED,
            f"More than {rate:g} messages a second",
            details={"limit": "messages", "by": "connection", "per_second": rate},
            retry_after=self.retry_after_seconds,
        )

    @property
    def retry_after_seconds(self) -> float:
        return self._bucket.wait_seconds
