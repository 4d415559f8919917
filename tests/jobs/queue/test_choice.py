"""The choice of a claim against a plain model of its rules, on random tables."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as profile
from hypothesis import strategies as st
from pytest_django import Settings

from jobs.models import WAITING, AsyncRequest, LimitedStart, LimitKind, LimitOverride, PausedAction, PausedQueue, Status
from jobs.queue import choice
from jobs.queue.claims import claim_next
from jobs.queue.control import overrides

pytestmark = pytest.mark.django_db(transaction=True)
ACTIONS = ("zoo_count", "zoo_partial", "zoo_scarce", "zoo_outside", "zoo_outside_often")
CAPS = {"zoo_scarce": 2}
# Of a key: how many run at once, and how many start in a minute.
KEY_LIMITS = {"zoo_outside": (2, 1_000), "zoo_outside_often": (3, 4)}
QUEUES = ("default", "reports")
WORKERS = ("first", "second", "third")
LIMITS = (
    *((LimitKind.QUEUE, queue) for queue in QUEUES),
    *((LimitKind.ACTION, action) for action in ("zoo_count", "zoo_scarce")),
    *((LimitKind.TENANT, tenant) for tenant in ("", "acme", "other")),
    (LimitKind.USER, ""),
    *((kind, "zoo_outside") for kind in (LimitKind.KEY_RUNNING, LimitKind.KEY_PER_MINUTE)),
    (LimitKind.KEY_RUNNING, "zoo_count"),
)
LONG_SECONDS = 10.0
LAST_RUNS = 4
Served = Mapping[str, frozenset[str]]


@dataclass(frozen=True, kw_only=True)
class Row:
    """A request. Times are in seconds from the moment of the claim."""

    id: UUID
    tenant_id: str
    user_id: str
    action: str
    limit_key: str | None
    queue: str
    status: str
    attempt: int
    order_at: float
    available_at: float
    changed_at: float
    expires_at: float | None
    is_cancelled: bool
    estimated_seconds: float
    worker: str
    attempt_started_at: float
    finished_at: float | None

    def stored(self, now: datetime) -> AsyncRequest:
        columns: dict[str, Any] = {**vars(self)}
        for name in ("order_at", "available_at", "changed_at", "expires_at", "attempt_started_at", "finished_at"):
            if columns[name] is not None:
                columns[name] = now + timedelta(seconds=columns[name])
        is_cancelled = columns.pop("is_cancelled")
        return AsyncRequest(**columns, cancel_requested_at=now if is_cancelled else None)

    @property
    def is_long(self) -> bool:
        return self.estimated_seconds > LONG_SECONDS

    @property
    def runs_long(self) -> bool:
        return self.is_long or -self.attempt_started_at > LONG_SECONDS


@dataclass(frozen=True, kw_only=True)
class World:
    """All that a choice depends on."""

    rows: Sequence[Row]
    starts: Sequence[tuple[str, float]]
    """Limit key and age in seconds."""
    paused: frozenset[str]
    paused_queues: frozenset[str]
    overrides: Mapping[tuple[LimitKind, str], int]
    """The limits of operators: kind and name → number."""
    served: Served | None
    per_user: int
    per_tenant: int

    def best(self, queues: Sequence[str], worker: str) -> Row | None:
        """Choose by the rules, one after the other."""
        running = [row for row in self.rows if row.status == Status.PROCESSING]
        ended = [row for row in self.rows if row.finished_at is not None and row.attempt > 0]
        served_at = {row.tenant_id: row.finished_at for row in sorted(ended, key=_finished)[-LAST_RUNS:]}

        def load(row: Row) -> tuple[int, float, float]:
            count = sum(other.tenant_id == row.tenant_id for other in running)
            return count, served_at.get(row.tenant_id) or -1e9, row.order_at

        may = [row for row in self.rows if row.queue in queues and self._waits(row)]
        return min((row for row in may if self._is_allowed(row, worker, running)), key=load, default=None)

    def start(self, row: Row, worker: str) -> "World":
        started = replace(row, status=Status.PROCESSING, attempt=row.attempt + 1, worker=worker, attempt_started_at=0)
        rows = [started if other is row else other for other in self.rows]
        return replace(self, rows=rows, starts=[*self.starts, *([(row.limit_key, 0.0)] if row.limit_key else [])])

    def _waits(self, row: Row) -> bool:
        in_time = row.expires_at is None or row.expires_at > 0 or row.status == Status.RETRYING
        was_put_back = row.changed_at > choice.CLOCKS_DIFFER.total_seconds()
        is_due = row.available_at <= 0 or row.status == Status.PENDING or was_put_back
        return row.status in WAITING and in_time and is_due and not row.is_cancelled and self._is_let_go(row)

    def _is_let_go(self, row: Row) -> bool:
        return row.action not in self.paused and row.queue not in self.paused_queues

    def _most(self, kind: LimitKind, name: str, usual: int = 1_000) -> int:
        return self.overrides.get((kind, name), usual)

    def _is_allowed(self, row: Row, worker: str, running: Sequence[Row]) -> bool:
        of_tenant = [other for other in running if other.tenant_id == row.tenant_id]
        of_user = [other for other in of_tenant if other.user_id == row.user_id]
        of_action = [other for other in running if other.action == row.action]
        of_queue = [other for other in running if other.queue == row.queue]
        per_tenant = self._most(LimitKind.TENANT, row.tenant_id, self._most(LimitKind.TENANT, "", self.per_tenant))
        if len(of_user) >= self._most(LimitKind.USER, "", self.per_user) or len(of_tenant) >= per_tenant:
            return False
        if len(of_action) >= self._most(LimitKind.ACTION, row.action, CAPS.get(row.action, 1_000)):
            return False
        if len(of_queue) >= self._most(LimitKind.QUEUE, row.queue):
            return False
        if row.limit_key:
            at_once, a_minute = KEY_LIMITS.get(row.action, (1_000, 1_000))
            at_once = self._most(LimitKind.KEY_RUNNING, row.action, at_once)
            a_minute = self._most(LimitKind.KEY_PER_MINUTE, row.action, a_minute)
            begun = sum(key == row.limit_key and age < 60 for key, age in self.starts)
            if sum(other.limit_key == row.limit_key for other in running) >= at_once or begun >= a_minute:
                return False
        occupied = {other.worker for other in of_tenant if other.runs_long} | {worker}
        shares = [names for names in (self.served or {}).values() if worker in names]
        return not row.is_long or all(len(occupied & names) <= max(1, len(names) - 1) for names in shares)


def _finished(row: Row) -> float:
    return row.finished_at or 0.0


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Make a world with much of what limits a claim."""
    sometimes = st.sampled_from([False] * 9 + [True])
    rows = []
    for number in range(draw(st.integers(0, 4) | st.integers(12, 24))):
        status = draw(st.sampled_from([*[Status.PENDING] * 4, *[Status.PROCESSING] * 4, *Status]))
        is_final = status not in (*WAITING, Status.PROCESSING)
        row = Row(
            id=uuid4(),
            tenant_id=draw(st.sampled_from(["acme", "other", "third"])),
            user_id=draw(st.sampled_from(["alice", "bob"])),
            action=draw(st.sampled_from(ACTIONS)),
            limit_key=draw(st.sampled_from([None, "crm-api", "crm-api", "erp"])),
            queue=draw(st.sampled_from([*QUEUES * 3, "ml"])),
            status=status,
            attempt=draw(st.integers(0, 1)),
            # No two are equal, because then either would be right.
            order_at=draw(st.integers(-50, -1)) - number / 100,
            available_at=60 if draw(sometimes) else -60,
            changed_at=draw(st.sampled_from([-60, -60, 4, 60])),
            expires_at=draw(st.sampled_from([None] * 6 + [-60, 60])),
            is_cancelled=draw(sometimes),
            estimated_seconds=draw(st.sampled_from([1.0, 60.0])),
            worker=draw(st.sampled_from(WORKERS)) if status == Status.PROCESSING else "",
            attempt_started_at=draw(st.sampled_from([-1, -60])),
            finished_at=draw(st.integers(-50, -1)) - number / 100 if is_final else None,
        )
        rows.append(row)
    names = st.frozensets(st.sampled_from(WORKERS))
    return World(
        rows=rows,
        starts=draw(st.lists(st.tuples(st.sampled_from(["crm-api", "erp"]), st.sampled_from([5.0, 30.0, 90.0])))),
        paused=frozenset(draw(st.sets(st.sampled_from(ACTIONS[:2]), max_size=1))),
        paused_queues=frozenset(draw(st.sampled_from([(), (), (), QUEUES[:1], QUEUES]))),
        overrides=draw(st.dictionaries(st.sampled_from(LIMITS), st.integers(1, 3), max_size=3)),
        served=draw(st.none() | st.fixed_dictionaries(dict.fromkeys(QUEUES, names))),
        per_user=draw(st.integers(1, 3)),
        per_tenant=draw(st.integers(1, 4)),
    )


@pytest.fixture(autouse=True)
def few_last_runs(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(choice, "LAST_RUNS", LAST_RUNS)
    choice._text.cache_clear()
    yield
    choice._text.cache_clear()


def test_the_choice_is_the_one_of_the_rules(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.STREAMER_LONG_REQUEST_SECONDS = LONG_SECONDS
    settings.STREAMER_RESERVED_WORKERS = 1

    def check(world: World, workers: Sequence[tuple[str, Sequence[str]]]) -> None:
        settings.STREAMER_MAX_RUNNING_PER_USER = world.per_user
        settings.STREAMER_MAX_RUNNING_PER_TENANT = world.per_tenant
        monkeypatch.setattr("jobs.queue.claims.served_queues", lambda: world.served)
        AsyncRequest.objects.all().delete()
        PausedAction.objects.all().delete()
        LimitedStart.objects.all().delete()
        now = timezone.now()
        AsyncRequest.objects.bulk_create(row.stored(now) for row in world.rows)
        LimitedStart.objects.bulk_create(
            LimitedStart(limit_key=key, started_at=now - timedelta(seconds=age)) for key, age in world.starts
        )
        PausedQueue.objects.all().delete()
        PausedQueue.objects.bulk_create(PausedQueue(queue=queue) for queue in world.paused_queues)
        LimitOverride.objects.all().delete()
        LimitOverride.objects.bulk_create(
            LimitOverride(kind=kind, name=name, number=number) for (kind, name), number in world.overrides.items()
        )
        overrides.forget()
        PausedAction.objects.bulk_create(PausedAction(action=action) for action in world.paused)
        for worker, queues in workers:
            best, claim = world.best(queues, worker), claim_next(queues, worker=worker)
            assert (claim and claim.request_id) == (best and best.id)
            if claim is not None and best is not None:
                assert claim.attempt == best.attempt + 1
                world = world.start(best, worker)

    queues = st.sampled_from([("default",), ("reports",), QUEUES, ("default", "default")])
    workers = st.lists(st.tuples(st.sampled_from(WORKERS), queues), min_size=1, max_size=5)
    tries = profile(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    tries(given(world=worlds(), workers=workers)(check))()
