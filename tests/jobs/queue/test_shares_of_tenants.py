"""Long requests of one tenant leave a worker to others: the rule in claims, over a real database, without processes."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from django.utils import timezone
from pytest_django import Settings

from jobs.bulk.shares import invite
from jobs.models import AsyncRequest, Status
from jobs.queue import caps
from jobs.queue.claims import Claim, claim_next
from jobs.queue.waits import waits_of, why_waiting
from jobs.queue.wakeups import connection, waiting_rings
from jobs.sweeper.rules import ring_again
from tests.jobs.building import QUEUES, Threads, change, claim, make_submission, row_of, store
from tests.jobs.bulk.building import ECHO, echoes, submit_bulk
from tests.jobs.queue.workers import register, register_many, silence

pytestmark = pytest.mark.django_db(transaction=True)


def long(*, user: str = "alice", tenant: str = "acme", queue: str = "default", seconds: float = 45.0) -> UUID:
    return store(make_submission(user=user, tenant=tenant, queue=queue, estimated_seconds=seconds))


def short(*, tenant: str = "acme", queue: str = "default") -> UUID:
    return store(make_submission(tenant=tenant, queue=queue))


def none_for(worker: str, *queues: str) -> bool:
    return claim_next(queues or QUEUES, worker=worker) is None


def end(claimed: Claim) -> None:
    change(claimed.request_id, status=Status.COMPLETED, finished_at=timezone.now(), lease_until=None)


def test_of_two_workers_one_is_left_for_who_comes_later() -> None:
    first, second = register_many(2)
    mine = [long(), long()]
    running = claim(first)
    assert running.request_id == mine[0] and none_for(second)
    other = long(tenant="other")
    assert claim(second).request_id == other
    end(running)
    assert claim(first).request_id == mine[1]


def test_of_eight_workers_one_is_left() -> None:
    workers = register_many(8)
    for number in range(10):
        long(user=f"user {number}")
    for worker in workers[:7]:
        claim(worker)
    assert none_for(workers[7])
    other = long(tenant="other")
    assert claim(workers[7]).request_id == other


def test_a_single_worker_is_left_to_nobody() -> None:
    (only,) = register_many(1)
    mine = long()
    assert claim(only).request_id == mine


def test_short_requests_may_run_on_every_worker() -> None:
    first, second = register_many(2)
    mine = [long(), short()]
    assert [claim(first).request_id, claim(second).request_id] == mine


def test_a_short_request_that_runs_for_long_counts_as_long() -> None:
    first, second = register_many(2)
    slow = short()
    claim(first)
    long()
    change(slow, attempt_started_at=timezone.now() - timedelta(minutes=1))
    assert none_for(second)


@pytest.mark.parametrize("seconds", [0.0, 3600.0])
def test_the_length_is_a_setting(settings: Settings, seconds: float) -> None:
    settings.STREAMER_LONG_REQUEST_SECONDS = seconds
    first, second = register_many(2)
    _, mine = short(), short()
    claim(first)
    assert none_for(second) == (seconds == 0) and row_of(mine).status == (
        Status.PENDING if seconds == 0 else Status.PROCESSING
    )


def test_it_can_be_turned_off(settings: Settings) -> None:
    settings.STREAMER_RESERVED_WORKERS = 0
    for worker in register_many(2):
        long()
        claim(worker)


def test_without_redis_nobody_knows_the_workers_and_all_may_be_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    workers = register_many(2)
    monkeypatch.setattr("jobs.queue.claims.served_queues", lambda: None)
    monkeypatch.setattr(caps, "served_queues", lambda: None)
    for worker in workers:
        long()
        claim(worker)


def test_workers_on_several_queues() -> None:
    """One worker serves two queues, and is missing in both while it is busy."""
    register("both", ["default", "reports"])
    register("reports-only", ["reports"])
    report = long(queue="reports")
    assert claim_next(["reports"], worker="reports-only")
    mine = long()
    assert none_for("both", "default", "reports"), "it is the one that is left for others' reports"
    assert why_waiting(row_of(mine)) == {"reason": "tenant_share", "ahead": 0}
    change(report, status=Status.COMPLETED, finished_at=timezone.now())
    claimed = claim_next(["default", "reports"], worker="both")
    assert claimed is not None and claimed.request_id == mine


def test_each_queue_with_workers_of_its_own_leaves_one() -> None:
    for number in range(2):
        register(f"usual-{number}", ["default"])
        register(f"ml-{number}", ["ml"])
    long(), long(queue="ml"), long(), long(queue="ml")
    assert claim_next(["default"], worker="usual-0") and claim_next(["ml"], worker="ml-0")
    assert none_for("usual-1", "default") and none_for("ml-1", "ml")


def test_a_worker_that_appears_is_one_more_to_take() -> None:
    first, second = register_many(2)
    _, mine = long(), long()
    claim(first)
    assert none_for(second)
    register("third")
    assert claim(second).request_id == mine and none_for("third")


def test_a_worker_that_died_is_none_to_leave() -> None:
    first, second = (register(name) for name in ("first", "second"))
    running, mine = long(), long()
    claim(first.name)
    assert none_for(second.name)
    silence(first)
    assert claim(second.name).request_id == mine, "of one worker none is left"
    assert row_of(running).status == Status.PROCESSING


def test_workers_that_claim_at_the_same_moment_leave_one() -> None:
    """Whoever looks sees nothing running, so only the transaction that starts a request can tell."""
    workers = register_many(4)
    for number in range(8):
        long(user=f"user {number}")
    works: list[Callable[[], object]] = [lambda worker=worker: claim_next(QUEUES, worker=worker) for worker in workers]
    with Threads(*works):
        pass
    assert AsyncRequest.objects.filter(status=Status.PROCESSING).count() == 3


def test_a_long_bulk_lets_its_shares_run_anywhere_because_they_are_short() -> None:
    first, second = register_many(2)
    bulk = submit_bulk(ECHO, echoes(1))
    change(bulk, estimated_seconds=600.0)
    claim(first)
    invite(bulk, {"operation": ECHO, "on_error": "continue"}, 3)
    share = claim(second)
    assert share.parent_id == bulk and row_of(share.request_id).estimated_seconds == 10.0


# --- waiting for it --------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("steady_clock")
def test_who_waits_for_it_is_told_so_and_when_it_starts() -> None:
    first, _ = register_many(2)
    _, mine = long(seconds=30.0), long()
    claim(first)
    assert why_waiting(row_of(mine)) == {"reason": "tenant_share", "ahead": 0}
    wait = waits_of([mine])[mine]
    assert wait["reason"] == "tenant_share" and wait["estimated_start_seconds"] == pytest.approx(30, abs=1)
    other = long(tenant="other")
    assert waits_of([other])[other]["estimated_start_seconds"] == 0 and waits_of([other])[other]["reason"] == "ahead"


def test_nobody_is_woken_for_who_must_leave_a_worker_until_there_is_one_more() -> None:
    """Every second a worker would look, find nothing, and go."""
    first, _ = register_many(2)
    long(), long()
    claim(first)
    connection().delete("rq:queue:default")
    later = timezone.now() + timedelta(minutes=1)
    assert ring_again(later) == 0
    register("third")
    assert ring_again(later) == 1 and waiting_rings("default") == 1
