"""Counts of what runs: users and actions at their caps, and the tenant that is served least."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from django.conf import settings
from django.db import connection
from django.db.models import Case, Count, IntegerField, QuerySet, Value, When

from jobs.contract.registry import find_handler
from jobs.models import AsyncRequest, Status

# The first half of the key of PostgreSQL's advisory locks that guard the caps of actions. Any number, kept for ever.
_LOCK_SPACE = 5_219
# The tenants of this many runs that ended last are known. It exceeds the ranks among tenants of equal load.
_LAST_RUNS = 50


@dataclass(frozen=True, kw_only=True)
class Running:
    """The numbers of running requests, by user and by action."""

    by_tenant: Counter[str] = field(default_factory=Counter)
    by_user: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Keys are (tenant, user)."""
    by_action: Counter[str] = field(default_factory=Counter)
    recency: Mapping[str, int] = field(default_factory=dict)
    """Tenant → rank of its last ended run; the higher, the later. Without it one worker would serve a tenant that
    floods it until all of that is done, because no tenant has a run whenever that worker looks."""

    def full_users(self) -> list[tuple[str, str]]:
        """Return the users at their cap, as (tenant, user)."""
        return [user for user, count in self.by_user.items() if count >= settings.STREAMER_MAX_RUNNING_PER_USER]

    def full_tenants(self) -> list[str]:
        return _full(self.by_tenant, lambda _: settings.STREAMER_MAX_RUNNING_PER_TENANT)

    def full_actions(self) -> list[str]:
        return _full(self.by_action, cap_of)

    def load_of(self, tenant_id: str) -> int:
        """Return the sort key of a tenant: its number of running requests, then how lately it was served."""
        return self.by_tenant[tenant_id] * (_LAST_RUNS + 1) + self.recency.get(tenant_id, 0)

    def load(self) -> Case | None:
        """Express ``load_of`` the tenant of a row as SQL; None when it is 0 for all."""
        tenants = self.by_tenant.keys() | self.recency.keys()
        if not tenants:  # PostgreSQL reads a bare 0 as the number of a column
            return None
        cases = [When(tenant_id=tenant_id, then=Value(self.load_of(tenant_id))) for tenant_id in sorted(tenants)]
        return Case(*cases, default=Value(0), output_field=IntegerField())

    def leave_out_full(self, rows: QuerySet[AsyncRequest]) -> QuerySet[AsyncRequest]:
        """Narrow ``rows`` to those that no cap forbids to start."""
        if tenants := self.full_tenants():
            rows = rows.exclude(tenant_id__in=tenants)
        if actions := self.full_actions():
            rows = rows.exclude(action__in=actions)
        for tenant_id, user_id in self.full_users():
            rows = rows.exclude(tenant_id=tenant_id, user_id=user_id)
        return rows


def count_running() -> Running:
    """Count what runs, in two queries."""
    rows = AsyncRequest.objects.filter(status=Status.PROCESSING).order_by()
    counted = rows.values_list("tenant_id", "user_id", "action").annotate(n=Count("id"))
    running = Running(recency=_recency())
    for tenant_id, user_id, action, count in counted:
        running.by_tenant[tenant_id] += count
        running.by_user[tenant_id, user_id] += count
        running.by_action[action] += count
    return running


def _recency() -> dict[str, int]:
    ended = AsyncRequest.objects.filter(finished_at__isnull=False, attempt__gt=0).order_by("-finished_at")
    latest_first = dict.fromkeys(ended.values_list("tenant_id", flat=True)[:_LAST_RUNS])
    return {tenant_id: rank for rank, tenant_id in enumerate(reversed(latest_first), start=1)}


def cap_of(action: str) -> int | None:
    """Return the number of requests of an action that may run at once; None: as many as there are workers."""
    handler = find_handler(action)
    return handler.max_running if handler else None


def has_room(action: str, cap: int) -> bool:
    """Return True if one more may start. Ask inside the transaction that starts it: nobody else starts one meanwhile.

    SQLite lets one transaction write at a time. PostgreSQL needs a lock, which ends with the transaction.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_LOCK_SPACE, action])
    return AsyncRequest.objects.filter(status=Status.PROCESSING, action=action).count() < cap


def _full(counts: Counter[str], cap: Callable[[str], int | None]) -> list[str]:
    return [name for name, count in counts.items() if (most := cap(name)) is not None and count >= most]
