"""The daily quotas of tenants, and the room that they leave."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.utils import timezone

from jobs.errors import ErrorBody, ErrorCode, HandlerError
from jobs.models import TenantQuota
from jobs.usage.daily import Use, day_of, usage_of

_NOUNS = {"requests": "requests", "worker_seconds": "seconds of workers", "bytes_written": "bytes"}


class QuotaUsedUp(HandlerError):
    """The tenant has used up a daily quota. It may go on at midnight UTC."""

    code = ErrorCode.RATE_LIMITED
    retryable = True


class DailyRoom:
    """The room that daily quotas leave to tenants, of which a batch of submissions takes its part."""

    def __init__(self, quotas: Mapping[str, Use], used: Mapping[str, Use], now: datetime) -> None:
        """``quotas``: 0 means none. A tenant that is not named has none."""
        self._quotas = quotas
        self._used = dict(used)
        self._now = now

    def refusal(self, tenant_id: str, size_bytes: int) -> ErrorBody | None:
        """Return the error for a request of ``size_bytes`` more; None where it has room."""
        quota, used = self._quotas.get(tenant_id), self._used.get(tenant_id, Use())
        if quota is None:
            return None
        if quota.requests and used.requests >= quota.requests:
            return self._used_up("requests", quota, used)
        if quota.worker_seconds and used.worker_seconds >= quota.worker_seconds:
            return self._used_up("worker_seconds", quota, used)
        if quota.bytes_written and used.bytes_written + size_bytes > quota.bytes_written:
            return self._used_up("bytes_written", quota, used)
        return None

    def take(self, tenant_id: str, size_bytes: int) -> None:
        """Count a request that is stored."""
        if tenant_id in self._quotas:
            used = self._used.get(tenant_id, Use())
            more = {"requests": used.requests + 1, "bytes_written": used.bytes_written + size_bytes}
            self._used[tenant_id] = replace(used, **more)

    def check_bytes(self, tenant_id: str, size_bytes: int) -> None:
        """Raise ``QuotaUsedUp`` where a tenant may not write ``size_bytes`` more today."""
        quota, used = self._quotas.get(tenant_id, Use()), self._used.get(tenant_id, Use())
        if quota.bytes_written and used.bytes_written + size_bytes > quota.bytes_written:
            error = self._used_up("bytes_written", quota, used)
            raise QuotaUsedUp(error["message"], details=error["details"], retry_after_seconds=error["retry_after"])

    def _used_up(self, name: str, quota: Use, used: Use) -> ErrorBody:
        limit = getattr(quota, name)
        midnight = datetime.combine(day_of(self._now) + timedelta(days=1), datetime.min.time(), UTC)
        text = f"Your organisation has used up its {limit:,} {_NOUNS[name]} of today; a new day begins at midnight UTC"
        details = {
            "quota": name,
            "limit": limit,
            "used": round(getattr(used, name), 3),
            "resets_at": midnight.timestamp(),
        }
        after = (midnight - self._now).total_seconds()
        return QuotaUsedUp(text, details=details, retry_after_seconds=after).body()


def default_quota() -> Use:
    """Return the daily quota of tenants without one of their own; 0 means none."""
    return Use(
        requests=settings.STREAMER_DAILY_REQUESTS,
        worker_seconds=settings.STREAMER_DAILY_WORKER_SECONDS,
        bytes_written=settings.STREAMER_DAILY_BYTES,
    )


def daily_room(tenant_ids: Collection[str], with_own: Collection[str], now: datetime) -> DailyRoom:
    """Return the room of tenants today. ``with_own``: those that have quotas of their own.

    Where there is no quota, nothing is asked.
    """
    default = default_quota()
    quotas = {} if default == Use() else dict.fromkeys(tenant_ids, default)
    for row in TenantQuota.objects.filter(tenant_id__in=with_own) if with_own else ():
        own = {name: value for name in _NOUNS if (value := getattr(row, name)) is not None}
        quotas[row.tenant_id] = replace(default, **own)
    used = {one.tenant_id: one.use for one in usage_of(quotas, day_of(now), day_of(now))} if quotas else {}
    return DailyRoom(quotas, used, now)


def check_daily_bytes(tenant_id: str, size_bytes: int = 1) -> None:
    """Raise ``QuotaUsedUp`` where the tenant may not write ``size_bytes`` more today."""
    own = TenantQuota.objects.filter(tenant_id=tenant_id).values_list("tenant_id", flat=True)
    daily_room([tenant_id], list(own), timezone.now()).check_bytes(tenant_id, size_bytes)
