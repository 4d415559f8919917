"""The room that users and tenants have left, of which a batch of submissions takes its part."""

from collections import Counter

from django.conf import settings

from jobs.errors import ErrorBody, ErrorCode, error_body
from jobs.formatting import format_counted
from jobs.requests.storing import Owner, Waiting
from jobs.usage.quotas import DailyRoom
from jobs.usage.stored import is_counted, tenant_full


class Room:
    """The places of users in the queue, and the bytes and daily use of tenants."""

    def __init__(self, waiting: Waiting, daily: DailyRoom) -> None:
        """``waiting``: what waits and is stored before the batch. ``daily``: what daily quotas leave."""
        self._limit = settings.STREAMER_MAX_WAITING_PER_USER
        self._places = Counter({owner: self._limit - number for owner, number in waiting.of_owner.items()})
        self._used_bytes = Counter(waiting.used_bytes)
        self._daily = daily

    def take(self, owner: Owner, size_bytes: int, *, needs_place: bool) -> bool:
        """Take the room of one request, or return False if there is none. ``needs_place``: it is to wait."""
        tenant_id = owner[0]
        if self.tenant_refusal(tenant_id, size_bytes) or (needs_place and self._places[owner] <= 0):
            return False
        self._places[owner] -= int(needs_place)
        self._used_bytes[tenant_id] += size_bytes
        self._daily.take(tenant_id, size_bytes)
        return True

    def tenant_refusal(self, tenant_id: str, size_bytes: int) -> ErrorBody | None:
        """Return the error for a request of ``size_bytes`` more; None where its tenant has room."""
        used = self._used_bytes[tenant_id]
        if is_counted() and used + size_bytes > settings.STREAMER_TENANT_QUOTA_BYTES:
            return tenant_full(used)
        return self._daily.refusal(tenant_id, size_bytes)

    def too_many_waiting(self) -> ErrorBody:
        """Return the error for a request whose user has no place left."""
        return error_body(
            ErrorCode.RATE_LIMITED,
            f"You have {format_counted(self._limit, 'request')} waiting, which is the most allowed",
            details={"limit": self._limit},
            retry_after=5.0,
        )
