"""The requests that run, as a state that says which waiting one may start: caps, and the order of tenants."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from django.conf import settings
from django.db.models import Case, IntegerField, Q, QuerySet, Value, When

from jobs.models import AsyncRequest, LimitKind
from jobs.queue.control.overrides import Overrides
from jobs.queue.key_limits import Starts, key_limits, limits_of
from jobs.queue.reservation import Served, has_place, may_occupy

Limit = Literal["your_limit", "tenant_limit", "action_limit", "key_limit", "queue_limit", "tenant_share"]
LAST_RUNS = 50
"""The tenants of this many runs that ended last are known. It exceeds the ranks among tenants of equal load."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """The facts about one request, waiting or running, that decide if it may start and when."""

    request_id: UUID
    tenant_id: str
    user_id: str
    action: str
    queue: str
    seconds: float
    """The seconds that it is expected to run, from now if it is running."""
    is_long: bool
    order_at: datetime
    limit_key: str | None = None
    """The key that the limits of its handler count by."""
    worker: str = ""
    """The worker that runs it; "" while it waits."""


@dataclass(kw_only=True)
class Running:
    """The running requests: their numbers by what limits count, and the workers that long ones occupy."""

    runs: list[Run] = field(default_factory=list)
    by_tenant: Counter[str] = field(default_factory=Counter)
    by_user: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Keys are (tenant, user)."""
    by_action: Counter[str] = field(default_factory=Counter)
    by_queue: Counter[str] = field(default_factory=Counter)
    by_key: Counter[str] = field(default_factory=Counter)
    starts: Starts = field(default_factory=Starts)
    occupied: dict[str, set[str]] = field(default_factory=dict)
    """Tenant → the workers that its long requests occupy."""
    recency: dict[str, int] = field(default_factory=dict)
    """Tenant → rank of its last ended run; the higher, the later. Without it one worker would serve a tenant that
    floods it until all of that is done, because no tenant has a run whenever that worker looks."""
    served: Served = field(default_factory=dict)
    """Empty where no long request runs, or Redis does not answer: then no worker is reserved."""
    overrides: Overrides = field(default_factory=Overrides)

    def start(self, run: Run, worker: str) -> None:
        """Count a run that ``worker`` starts."""
        self.by_tenant[run.tenant_id] += 1
        self.by_user[run.tenant_id, run.user_id] += 1
        self.by_action[run.action] += 1
        self.by_queue[run.queue] += 1
        if run.limit_key is not None:
            self.by_key[run.limit_key] += 1
        if run.is_long:
            self.occupied.setdefault(run.tenant_id, set()).add(worker)

    def end(self, run: Run, worker: str) -> None:
        """Count a run of ``worker`` no more; its tenant is the one that was served last."""
        self.by_tenant[run.tenant_id] -= 1
        self.by_user[run.tenant_id, run.user_id] -= 1
        self.by_action[run.action] -= 1
        self.by_queue[run.queue] -= 1
        if run.limit_key is not None:
            self.by_key[run.limit_key] -= 1
        if run.is_long:
            self.occupied[run.tenant_id].discard(worker)
        self.recency[run.tenant_id] = max(self.recency.values(), default=0) + 1

    def limit_of(self, run: Run) -> Limit | None:
        """Return the limit that keeps a waiting request from starting, the narrowest one first; None without one."""
        if self._is_user_full((run.tenant_id, run.user_id)):
            return "your_limit"
        if self._is_tenant_full(run.tenant_id):
            return "tenant_limit"
        if self._is_action_full(run.action):
            return "action_limit"
        if self._is_key_full(run.action, run.limit_key):
            return "key_limit"
        if self._is_queue_full(run.queue):
            return "queue_limit"
        return "tenant_share" if run.is_long and not self._has_place(run.tenant_id, run.queue) else None

    def allows(self, run: Run, worker: str) -> bool:
        """Return True if no limit keeps ``worker`` from starting a waiting request."""
        return not (
            self._is_user_full((run.tenant_id, run.user_id))
            or self._is_tenant_full(run.tenant_id)
            or self._is_action_full(run.action)
            or self._is_key_full(run.action, run.limit_key)
            or self._is_queue_full(run.queue)
            or (run.is_long and not self._may_occupy(run.tenant_id, worker))
        )

    def load_of(self, tenant_id: str) -> int:
        """Return the sort key of a tenant: its number of running requests, then how lately it was served."""
        return self.by_tenant[tenant_id] * (LAST_RUNS + 1) + self.recency.get(tenant_id, 0)

    def load(self) -> Case | None:
        """Express ``load_of`` the tenant of a row as SQL; None when it is 0 for all."""
        tenants = self.by_tenant.keys() | self.recency.keys()
        if not tenants:  # PostgreSQL reads a bare 0 as the number of a column
            return None
        cases = [When(tenant_id=tenant_id, then=Value(self.load_of(tenant_id))) for tenant_id in sorted(tenants)]
        return Case(*cases, default=Value(0), output_field=IntegerField())

    def leave_out_full(self, rows: QuerySet[AsyncRequest]) -> QuerySet[AsyncRequest]:
        """Narrow ``rows`` to those that no limit forbids to start on any worker."""
        if tenants := list(filter(self._is_tenant_full, self.by_tenant)):
            rows = rows.exclude(tenant_id__in=tenants)
        if actions := list(filter(self._is_action_full, self.by_action)):
            rows = rows.exclude(action__in=actions)
        if queues := list(filter(self._is_queue_full, self.overrides.names(LimitKind.QUEUE))):
            rows = rows.exclude(queue__in=queues)
        for action, limits in key_limits(self.overrides).items():
            known = self.by_key.keys() | (set() if limits.per_minute is None else self.starts.numbers.keys())
            if keys := [key for key in known if self._is_key_full(action, key)]:
                rows = rows.exclude(action=action, limit_key__in=keys)
        for tenant_id, user_id in filter(self._is_user_full, self.by_user):
            rows = rows.exclude(tenant_id=tenant_id, user_id=user_id)
        for tenant_id in self.occupied:
            if crowded := [queue for queue in self.served if not self._has_place(tenant_id, queue)]:
                rows = rows.exclude(long_rows(), tenant_id=tenant_id, queue__in=crowded)
        return rows

    def _is_user_full(self, user: tuple[str, str]) -> bool:
        return self.by_user[user] >= self.overrides.per_user

    def _is_tenant_full(self, tenant_id: str) -> bool:
        return self.by_tenant[tenant_id] >= self.overrides.of_tenant(tenant_id)

    def _is_action_full(self, action: str) -> bool:
        count = self.by_action[action]
        return count > 0 and (cap := self.overrides.of_action(action)) is not None and count >= cap

    def _is_queue_full(self, queue: str) -> bool:
        cap = self.overrides.of_queue(queue)
        return cap is not None and self.by_queue[queue] >= cap

    def _is_key_full(self, action: str, key: str | None) -> bool:
        if key is None or (limits := limits_of(action, self.overrides)) is None:
            return False
        if limits.running is not None and self.by_key[key] >= limits.running:
            return True
        return limits.per_minute is not None and self.starts.numbers[key] >= limits.per_minute

    def _has_place(self, tenant_id: str, queue: str) -> bool:
        occupied = self.occupied.get(tenant_id, frozenset[str]())
        return has_place(self.served.get(queue, ()), occupied, self.served)

    def _may_occupy(self, tenant_id: str, worker: str) -> bool:
        return may_occupy(worker, self.occupied.get(tenant_id, frozenset[str]()), self.served)


def long_rows() -> Q:
    """Select the requests that are expected to be long: ``jobs.queue.reservation.is_long`` as SQL."""
    return Q(estimated_seconds__gt=settings.STREAMER_LONG_REQUEST_SECONDS)
