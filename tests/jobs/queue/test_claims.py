from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings as project_settings
from django.utils import timezone
from pytest_django.fixtures import Settings

from jobs.models import AsyncRequest, Status
from jobs.queue.claims import claim_next, expire_leases_of, give_back, owns_any
from tests.jobs.building import QUEUES, Threads, change, claim, log_of, make_submission, row_of, store, submit, types_of

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)


def claimed_order(number: int) -> list[UUID]:
    return [claim().request_id for _ in range(number)]


def finish(request_id: UUID) -> None:
    change(request_id, status=Status.COMPLETED, lease_until=None)


def test_it_works() -> None:
    request_id = submit(updates=3)
    claimed = claim("worker 7")
    row = row_of(request_id)
    assert (claimed.request_id, claimed.attempt, claimed.payload) == (request_id, 1, {"updates": 3})
    assert (row.status, row.attempt, row.attempt_token, row.worker) == ("processing", 1, claimed.token, "worker 7")
    assert row.lease_until is not None and row.lease_until > timezone.now()
    assert row.started_at is not None and row.attempt_started_at == row.started_at
    assert types_of(request_id) == ["started"] and log_of(request_id)[0].data == {"attempt": 1}
    assert claim_next(QUEUES, worker="") is None


def test_nothing_waits_nothing_is_claimed() -> None:
    assert claim_next(QUEUES, worker="") is None
    submit()
    assert claim_next(["reports", "ml"], worker="") is None


def test_the_oldest_comes_first_and_a_priority_counts_as_age() -> None:
    first = store(make_submission())
    second = store(make_submission())
    urgent = store(make_submission(priority=60))
    more_urgent = store(make_submission(priority=3600))
    assert claimed_order(4) == [more_urgent, urgent, first, second]


def test_an_old_request_is_not_overtaken_for_ever() -> None:
    urgent = store(make_submission(priority=60))
    old = store(make_submission())
    change(old, order_at=timezone.now() - timedelta(seconds=61))
    assert claimed_order(2) == [old, urgent]


def test_the_tenant_with_the_fewest_running_comes_first() -> None:
    acme = [store(make_submission(user=user, priority=600)) for user in ("alice", "bob", "alice")]
    other = [store(make_submission(user="charlie", tenant="other")) for _ in range(2)]
    assert claimed_order(5) == [acme[0], other[0], acme[1], other[1], acme[2]]


def test_a_finished_request_counts_no_more() -> None:
    finish(store(make_submission(tenant="other", user="charlie")))
    acme = store(make_submission())
    other = store(make_submission(tenant="other", user="charlie"))
    assert claimed_order(2) == [acme, other]


def test_a_user_at_the_cap_is_passed_over(settings: Settings) -> None:
    settings.STREAMER_MAX_RUNNING_PER_USER = 2
    alice = [store(make_submission(priority=60)) for _ in range(3)]
    bob = store(make_submission(user="bob"))
    assert claimed_order(3) == [alice[0], alice[1], bob]
    assert claim_next(QUEUES, worker="") is None
    finish(alice[0])
    assert claimed_order(1) == [alice[2]]


def test_the_cap_is_one_of_the_user_and_not_of_the_name(settings: Settings) -> None:
    settings.STREAMER_MAX_RUNNING_PER_USER = 1
    mine = store(make_submission(user="alice", tenant="acme"))
    namesake = store(make_submission(user="alice", tenant="other"))
    assert claimed_order(2) == [mine, namesake]


def test_a_tenant_at_the_cap_is_passed_over(settings: Settings) -> None:
    settings.STREAMER_MAX_RUNNING_PER_TENANT = 2
    acme = [store(make_submission(user=user, priority=3600)) for user in ("alice", "bob", "dora")]
    assert claimed_order(2) == acme[:2]
    other = [store(make_submission(user="charlie", tenant="other")) for _ in range(2)]
    assert claimed_order(2) == other
    assert claim_next(QUEUES, worker="") is None
    finish(acme[1])
    assert claimed_order(1) == [acme[2]]


def test_an_action_at_its_cap_is_passed_over() -> None:
    scarce = [store(make_submission("zoo_scarce", priority=3600, user=f"user {n}")) for n in range(3)]
    usual = store(make_submission())
    assert claimed_order(3) == [scarce[0], scarce[1], usual]
    assert claim_next(QUEUES, worker="") is None
    finish(scarce[1])
    assert claimed_order(1) == [scarce[2]]


def test_threads_together_never_exceed_the_cap_of_an_action() -> None:
    for number in range(12):
        store(make_submission("zoo_scarce", user=f"user {number}", tenant=f"tenant {number}"))
    with Threads(*[lambda: claim_next(QUEUES, worker="")] * 6):
        pass
    assert AsyncRequest.objects.filter(status=Status.PROCESSING).count() == 2


def test_the_look_costs_one_query_whatever_is_running(django_assert_num_queries: Any) -> None:
    for number in range(6):
        store(make_submission(user=f"user {number}", tenant=f"tenant {number % 2}"))
        claim()
    store(make_submission(queue="ml"))
    with django_assert_num_queries(1):
        assert claim_next(["bulk"], worker="") is None


@pytest.mark.parametrize(
    "columns",
    [
        {"expires_at": -HOUR},
        {"cancel_requested_at": -HOUR},
    ],
)
def test_expired_and_unwanted_ones_are_not_claimed(columns: dict[str, timedelta]) -> None:
    request_id = submit()
    change(request_id, **{name: timezone.now() + offset for name, offset in columns.items()})
    assert claim_next(QUEUES, worker="") is None
    assert row_of(request_id).status == Status.PENDING


@pytest.mark.parametrize("ahead_seconds", [0, 3])
def test_the_pause_before_a_retry_is_kept_though_clocks_differ_a_little(ahead_seconds: float) -> None:
    request_id = submit()
    now = timezone.now() + timedelta(seconds=ahead_seconds)
    change(request_id, status=Status.RETRYING, changed_at=now, available_at=now + HOUR)
    assert claim_next(QUEUES, worker="") is None


def test_the_pause_before_a_retry_ends_when_the_clock_was_put_back() -> None:
    request_id = submit()
    now = timezone.now() + timedelta(minutes=5)
    change(request_id, status=Status.RETRYING, changed_at=now, available_at=now)
    assert claim().request_id == request_id


def test_a_new_one_starts_though_the_clock_was_put_back_since_its_submit() -> None:
    request_id = submit()
    ahead = timezone.now() + HOUR
    change(request_id, created_at=ahead, order_at=ahead, available_at=ahead)
    assert claim().request_id == request_id


@pytest.mark.parametrize("status", [Status.PROCESSING, Status.COMPLETED, Status.FAILED, Status.CANCELLED])
def test_what_does_not_wait_is_not_claimed(status: Status) -> None:
    change(submit(), status=status)
    assert claim_next(QUEUES, worker="") is None


def test_another_attempt_starts_from_nought_but_keeps_the_first_start() -> None:
    request_id = submit()
    first = claim()
    started_at = row_of(request_id).started_at
    change(request_id, status=Status.RETRYING, percentage=70, message="nearly", errors_count=1)
    second = claim()
    row = row_of(request_id)
    assert (second.attempt, second.errors_count) == (2, 1) and second.token != first.token
    assert (row.percentage, row.message, row.started_at) == (0, "", started_at)
    assert row.attempt_started_at is not None and started_at is not None and row.attempt_started_at > started_at


def test_threads_never_claim_the_same_one() -> None:
    submitted = {store(make_submission(user=f"user {n % 5}")) for n in range(40)}
    taken: list[UUID] = []

    def work() -> None:
        while (claimed := claim_next(QUEUES, worker="")) is not None:
            taken.append(claimed.request_id)

    with Threads(*[work] * 4):
        pass
    assert len(taken) == len(set(taken))
    for request_id in submitted:
        assert row_of(request_id).attempt <= 1
    while (claimed := claim_next(QUEUES, worker="")) is not None:  # a thread may end when others took all it saw
        taken.append(claimed.request_id)
    assert sorted(taken) == sorted(submitted)


def test_the_leases_of_a_dead_child_end_at_once_and_those_of_other_workers_do_not() -> None:
    mine, others = submit(), submit(user="bob")
    claim("mine")
    claim("another")
    assert expire_leases_of("mine") == 1
    leases = {row.worker: row.lease_until for row in map(row_of, (mine, others)) if row.lease_until}
    assert leases["mine"] <= timezone.now() < leases["another"]


def test_what_a_worker_gives_back_is_no_loss_and_what_is_cancelled_meanwhile_loses_its_lease() -> None:
    mine, gone, others = submit(), submit(user="bob"), submit(user="dora")
    claim("mine"), claim("mine"), claim("another")
    change(gone, cancel_requested_at=timezone.now())
    assert give_back("mine") == 1
    row = row_of(mine)
    assert (row.status, row.lost_count, row.errors_count, row.lease_until) == ("retrying", 0, 0, None)
    assert types_of(mine) == ["started", "retrying"] and claim().request_id == mine
    assert row_of(gone).status == row_of(others).status == "processing"
    assert (lease := row_of(gone).lease_until) is not None and lease <= timezone.now()


def test_a_worker_owns_what_it_runs_until_the_grace_of_a_cancel_is_over() -> None:
    assert not owns_any("first worker")
    request_id = submit()
    claim()
    assert owns_any("first worker") and not owns_any("second worker")
    grace = timedelta(seconds=project_settings.STREAMER_CANCEL_GRACE_SECONDS)
    change(request_id, cancel_requested_at=timezone.now() - grace + timedelta(minutes=1))
    assert owns_any("first worker")
    change(request_id, cancel_requested_at=timezone.now() - grace)
    assert not owns_any("first worker")
