"""The forecast, by hand, by what must hold of any, and against real claims over a database."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from uuid import UUID, uuid4

import pytest
from django.test import override_settings
from django.utils import timezone
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from jobs.models import AsyncRequest, LimitedStart, Status
from jobs.queue.claims import claim_next
from jobs.queue.forecast import forecast_starts
from jobs.queue.reservation import Served, is_long, share_of
from jobs.queue.running import Run, Running
from jobs.queue.waits import waits_of
from tests.jobs.building import change, make_submission, store
from tests.jobs.queue.workers import register

START = datetime(2026, 1, 1)
Facts = tuple[str, str, str, str, float]
facts = st.tuples(
    st.sampled_from(["acme", "other", "third"]),
    st.sampled_from(["alice", "bob"]),
    st.sampled_from(["zoo_count", "zoo_scarce", "zoo_outside", "zoo_outside_often"]),
    st.sampled_from(["default", "ml"]),
    st.sampled_from([1.0, 7.0, 11.0, 45.0]),
)


def key_of(action: str) -> str | None:
    return "crm-api" if action.startswith("zoo_outside") else None


def run(tenant: str = "acme", seconds: float = 6.0, *, user: str = "alice", worker: str = "", **other: str) -> Run:
    """Make a run. It waits unless a worker is named."""
    names = {"action": "zoo_count", "queue": "default", **other}
    return Run(
        request_id=uuid4(),
        tenant_id=tenant,
        user_id=user,
        seconds=seconds,
        is_long=is_long(seconds),
        order_at=START,
        limit_key=key_of(names["action"]),
        worker=worker,
        **names,
    )


def in_order(runs: Sequence[Run]) -> list[Run]:
    return [replace(one, order_at=START + timedelta(seconds=number)) for number, one in enumerate(runs)]


def workers(number: int, *queues: str) -> Served:
    names = frozenset(f"worker-{n}" for n in range(number))
    return dict.fromkeys(queues or ["default"], names)


def starts(waiting: Sequence[Run], served: Served, running: Sequence[Run] = ()) -> list[float | None]:
    """Forecast for each waiting run, in their order; None for one that nobody starts."""
    state = Running(runs=list(running), served=served)
    for one in running:
        state.start(one, one.worker)
    line = in_order(waiting)
    found = forecast_starts(line, state, served, [one.request_id for one in line])
    return [found.get(one.request_id) for one in line]


def test_it_works() -> None:
    """Two workers, one of which is free: the first run starts at once, the others when one of the two is."""
    busy = [run("third", 3.0, worker="worker-0")]
    assert starts([run(seconds=2.0)] * 1, workers(2), busy) == [0.0]
    assert starts([run(seconds=2.0) for _ in range(4)], workers(2), busy) == [0.0, 2.0, 3.0, 4.0]


@pytest.mark.parametrize(
    ("free_in", "expected"), [([5.0], [5.0, 15.0]), ([None, None, 9.0], [0.0, 0.0]), ([], [None, None])]
)
def test_each_worker_runs_one_at_a_time(free_in: list[float | None], expected: list[float | None]) -> None:
    busy = [run("x", left, worker=f"worker-{n}") for n, left in enumerate(free_in) if left is not None]
    assert starts([run(seconds=10.0), run(seconds=10.0)], workers(len(free_in)), busy) == expected


def test_a_worker_is_left_to_other_tenants() -> None:
    waiting = [run(seconds=45.0), run(seconds=45.0), run("other", 45.0)]
    assert starts(waiting, workers(2)) == [0.0, 45.0, 0.0]


def test_tenants_take_turns_whoever_came_first() -> None:
    waiting = [*(run(seconds=2.0) for _ in range(3)), run("other", 2.0)]
    assert starts(waiting, workers(1)) == [0.0, 4.0, 6.0, 2.0]


@override_settings(STREAMER_MAX_RUNNING_PER_USER=1)
def test_limits_end_when_runs_do() -> None:
    waiting = [run(seconds=2.0), run(seconds=2.0), run(user="bob"), *(run(str(n), action="zoo_scarce") for n in "abc")]
    assert starts(waiting, workers(9)) == [0.0, 2.0, 0.0, 0.0, 0.0, 6.0]


def test_other_queues_keep_the_same_workers_busy() -> None:
    both = workers(1, "default", "ml")
    assert starts([run(seconds=4.0, queue="ml"), run()], both) == [0.0, 4.0]
    apart: Served = {"default": frozenset({"one"}), "ml": frozenset({"two"})}
    assert starts([run(seconds=4.0, queue="ml"), run(), run(queue="reports")], apart) == [0.0, 0.0, None]


def test_a_very_long_line_is_not_played_to_its_end() -> None:
    found = starts([run(f"tenant {n}", user=f"user {n}", action="zoo_scarce") for n in range(2_000)], workers(1_000))
    assert found[:2] == [0.0, 0.0] and None in found


@given(
    waiting=st.lists(facts, max_size=12),
    number=st.integers(1, 5),
    user_cap=st.integers(1, 3),
    tenant_cap=st.integers(1, 3),
    reserved=st.integers(0, 2),
)
def test_no_limit_is_ever_passed_and_everything_starts(
    waiting: list[Facts], number: int, user_cap: int, tenant_cap: int, reserved: int
) -> None:
    runs = [run(tenant, seconds, user=user, action=action) for tenant, user, action, _, seconds in waiting]
    caps = {"STREAMER_MAX_RUNNING_PER_USER": user_cap, "STREAMER_MAX_RUNNING_PER_TENANT": tenant_cap}
    with override_settings(**caps, STREAMER_RESERVED_WORKERS=reserved):
        found = starts(runs, workers(number))
        share = share_of(number)
    assert None not in found
    for moment in {at for at in found if at is not None}:
        now = [one for one, at in zip(runs, found, strict=True) if at is not None and at <= moment < at + one.seconds]
        assert len(now) <= number
        assert max(Counter((one.tenant_id, one.user_id) for one in now).values()) <= user_cap
        assert max(Counter(one.tenant_id for one in now).values()) <= tenant_cap
        assert sum(one.action == "zoo_scarce" for one in now) <= 2
        assert sum(one.limit_key is not None for one in now) <= 3
        begun = [
            at for one, at in zip(runs, found, strict=True) if at is not None and one.action == "zoo_outside_often"
        ]
        assert sum(moment - 60 < at <= moment for at in begun) <= 4
        assert max(Counter(one.tenant_id for one in now if one.is_long).values(), default=0) <= share


# --- against what really happens -------------------------------------------------------------------------------------

GROUPS = {"a": ["default"], "b": ["default", "ml"], "c": ["ml"]}


def play(names: Sequence[str]) -> dict[UUID, float]:
    """Have the workers claim and end runs, on a clock of the test's own, until nothing waits."""
    idle = {group: [name for name in names if name[0] == group] for group in GROUPS}
    ends: list[tuple[float, int, UUID | int, str]] = []
    numbers, now, began = count(), 0.0, dict[UUID, float]()
    while True:
        for group, free in idle.items():
            while free and (claimed := claim_next(GROUPS[group], worker=free[-1])) is not None:
                began[claimed.request_id] = now
                seconds = AsyncRequest.objects.values_list("estimated_seconds", flat=True).get(id=claimed.request_id)
                heappush(ends, (now + seconds, next(numbers), claimed.request_id, free.pop()))
                if key_of(claimed.action):
                    heappush(ends, (now + 60, next(numbers), LimitedStart.objects.latest("id").id, ""))
        if not ends:
            return began
        now, number, ended, name = heappop(ends)
        if isinstance(ended, int):
            LimitedStart.objects.filter(id=ended).delete()
            continue
        change(ended, status=Status.COMPLETED, finished_at=timezone.now(), lease_until=None)
        idle[name[0]].append(name)


@pytest.mark.django_db(transaction=True)
@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    waiting=st.lists(facts, min_size=1, max_size=8),
    counts=st.tuples(st.integers(0, 2), st.integers(1, 2), st.integers(0, 2)),
    user_cap=st.integers(1, 3),
)
def test_it_foretells_the_claims_that_workers_make(
    waiting: list[Facts], counts: tuple[int, int, int], user_cap: int
) -> None:
    AsyncRequest.objects.all().delete()
    LimitedStart.objects.all().delete()
    names = [f"{group}-{n}" for group, most in zip(GROUPS, counts, strict=True) for n in range(most)]
    registered = [register(name, GROUPS[name[0]]) for name in names]
    with override_settings(STREAMER_MAX_RUNNING_PER_USER=user_cap):
        ids = [
            store(
                make_submission(
                    action,
                    tenant=tenant,
                    user=user,
                    queue=queue,
                    estimated_seconds=seconds,
                    limit_key=key_of(action),
                )
            )
            for tenant, user, action, queue, seconds in waiting
        ]
        told = waits_of(ids)
        began = play(names)
    for worker in registered:
        worker.register_death()  # type: ignore[no-untyped-call]
    assert {one: wait.get("estimated_start_seconds") for one, wait in told.items()} == began
