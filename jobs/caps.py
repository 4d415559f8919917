"""How much is running: whose share is used up, and which tenant is served least."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from django.conf import settings
from django.db import connection
from django.db.models import Case, Count, IntegerField, QuerySet, Value, When

from jobs.handler.registry import find_handler
from jobs.models import AsyncRequest, Status

# The first half of the key of PostgreSQL's advisory locks that guard the caps of actions. Any number, kept for ever.
_LOCK_SPACE = 5_219


@dataclass(frozen=True, kw_only=True)
class Running:
    """How many requests run, by whose they are and by what they do."""

    by_tenant: Counter[str] = field(default_factory=Counter)
    by_user: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Keys are (tenant, user)."""
    by_action: Counter[str] = field(default_factory=Counter)

    def full_users(self) -> list[tuple[str, str]]:
        """Those who run as many as they may, as (tenant, user)."""
        return [user for user, count in self.by_user.items() if count >= settings.STREAMER_MAX_RUNNING_PER_USER]

    def full_tenants(self) -> list[str]:
        return _full(self.by_tenant, lambda _: settings.STREAMER_MAX_RUNNING_PER_TENANT)

    def full_actions(self) -> list[str]:
        return _full(self.by_action, cap_of)

    def load(self) -> Case | None:
        """How many the tenant of a row has running, as SQL; None when nothing runs at all."""
        if not self.by_tenant:  # PostgreSQL takes a bare 0 for the number of a column
            return None
        cases = [When(tenant_id=tenant_id, then=Value(count)) for tenant_id, count in self.by_tenant.items()]
        return Case(*cases, default=Value(0), output_field=IntegerField())

    def leave_out_full(self, rows: QuerySet[AsyncRequest]) -> QuerySet[AsyncRequest]:
        """Those of ``rows`` that no cap forbids to start."""
        if tenants := self.full_tenants():
            rows = rows.exclude(tenant_id__in=tenants)
        if actions := self.full_actions():
            rows = rows.exclude(action__in=actions)
        for tenant_id, user_id in self.full_users():
            rows = rows.exclude(tenant_id=tenant_id, user_id=user_id)
        return rows


def count_running() -> Running:
    """One query, whatever there is."""
    rows = AsyncRequest.objects.filter(status=Status.PROCESSING).order_by()
    counted = rows.values_list("tenant_id", "user_id", "action").annotate(n=Count("id"))
    running = Running()
    for tenant_id, user_id, action, count in counted:
        running.by_tenant[tenant_id] += count
        running.by_user[tenant_id, user_id] += count
        running.by_action[action] += count
    return running


def cap_of(action: str) -> int | None:
    """How many of an action may run at once; None: as many as there are workers."""
    handler = find_handler(action)
    return handler.max_running if handler else None


def has_room(action: str, cap: int) -> bool:
    """Whether one more may start, asked inside the transaction that starts it: nobody else starts one meanwhile.

    SQLite lets one transaction write at a time. PostgreSQL needs a lock, which ends with the transaction.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [_LOCK_SPACE, action])
    return AsyncRequest.objects.filter(status=Status.PROCESSING, action=action).count() < cap


def _full(counts: Counter[str], cap: Callable[[str], int | None]) -> list[str]:
    return [name for name, count in counts.items() if (most := cap(name)) is not None and count >= most]
