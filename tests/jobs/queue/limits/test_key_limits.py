"""Limits on what handlers name: how many run at once and start in a minute, whichever actions they are of."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection as database
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from jobs.models import AsyncRequest, LimitedStart, Status
from jobs.queue.claims import claim_next, give_back
from jobs.queue.control.overrides import live_overrides
from jobs.queue.key_limits import forget_old_starts
from jobs.queue.waits import waits_of, why_waiting
from jobs.queue.wakeups import connection, waiting_rings
from jobs.requests.retrying import retry
from jobs.sweeper.rules import recover_lost_attempts, ring_again
from tests.jobs.building import QUEUES, Threads, change, claim, make_submission, row_of, run_next, store
from tests.jobs.queue.workers import register_many

pytestmark = pytest.mark.django_db(transaction=True)
CRM = "crm-api"


def outside(action: str = "zoo_outside", *, key: str | None = CRM, **fields: Any) -> UUID:
    """Store a request that needs what ``key`` names."""
    return store(make_submission(action, limit_key=key, payload={"service": key}, **fields))


def nothing_starts() -> bool:
    return claim_next(QUEUES, worker="") is None


def pass_time(seconds: float) -> None:
    LimitedStart.objects.update(started_at=F("started_at") - timedelta(seconds=seconds))


def end(request_id: UUID) -> None:
    change(request_id, status=Status.COMPLETED, finished_at=timezone.now(), lease_until=None)


def test_it_works() -> None:
    """Two actions share a key, whatever the tenants; each obeys its own handler, and others are passed by."""
    first, second = outside(priority=60), outside("zoo_outside_often", tenant="other", priority=60)
    third, often = outside(tenant="third"), outside("zoo_outside_often", tenant="fourth")
    others = {outside(key="erp", tenant="fifth"), outside(key=None, tenant="sixth"), store(make_submission())}
    assert {claim().request_id, claim().request_id} == {first, second}
    assert {claim().request_id for _ in range(4)} == {often, *others}, "the one allows two at once, the other three"
    assert nothing_starts()
    end(first), end(second)
    assert claim().request_id == third


def test_threads_together_never_exceed_the_limit() -> None:
    for number in range(12):
        action = ("zoo_outside", "zoo_outside_often")[number % 2]
        outside(action, user=f"user {number}", tenant=f"tenant {number}")
    with Threads(*[lambda: claim_next(QUEUES, worker="")] * 6):
        pass
    running = AsyncRequest.objects.filter(status=Status.PROCESSING)
    assert running.count() in (2, 3), "three, where the one that allows three was the last"
    assert running.filter(action="zoo_outside").count() <= 2


def test_threads_together_never_start_more_in_a_minute() -> None:
    for number in range(8):
        outside("zoo_outside_often", user=f"user {number}", tenant=f"tenant {number}")

    def work() -> None:
        while (claimed := claim_next(QUEUES, worker="")) is not None:
            end(claimed.request_id)

    with Threads(*[work] * 4):
        pass
    work()
    assert AsyncRequest.objects.filter(status=Status.COMPLETED).count() == 4 == LimitedStart.objects.count()


@pytest.mark.usefixtures("steady_clock")
def test_a_start_counts_for_a_minute() -> None:
    for _ in range(6):
        outside("zoo_outside_often")
    for _ in range(4):
        end(claim().request_id)
        pass_time(10)
    assert nothing_starts()
    pass_time(19)
    assert nothing_starts()
    pass_time(1.5)
    end(claim().request_id)
    assert nothing_starts()


def test_each_attempt_counts_as_a_start() -> None:
    request_id = outside("zoo_outside_often")
    for _ in range(4):
        claim()
        change(request_id, status=Status.RETRYING)
    assert nothing_starts()


@pytest.mark.parametrize("how", ["completed", "retrying", "lost", "given back"])
def test_a_place_is_given_back_in_every_end(how: str, settings: Settings) -> None:
    settings.STREAMER_MAX_RUNNING_PER_USER = 100
    outside()
    held = claim("steady").request_id
    ending, waiting = outside(), outside(tenant="other")
    if how in ("completed", "retrying"):
        change(
            ending, payload={"service": CRM, "again": how == "retrying"}, order_at=timezone.now() - timedelta(days=1)
        )
        change(waiting, status=Status.RETRYING, available_at=timezone.now() + timedelta(days=1))
        assert run_next().status == how
        change(waiting, available_at=timezone.now())
        change(ending, available_at=timezone.now() + timedelta(days=1))
    else:
        change(waiting, status=Status.RETRYING, available_at=timezone.now() + timedelta(days=1))
        assert claim("lost").request_id == ending
        change(waiting, available_at=timezone.now())
        assert nothing_starts()
        if how == "lost":
            change(ending, lease_until=timezone.now() - timedelta(seconds=1))
            assert recover_lost_attempts(timezone.now()) == 1
        else:
            assert give_back("lost") == 1
        change(ending, available_at=timezone.now() + timedelta(days=1))
    assert claim().request_id == waiting and row_of(held).status == "processing"


def test_without_a_key_a_claim_sends_the_same_statements() -> None:
    def statements(fill: Callable[[], UUID]) -> int:
        fill()
        with CaptureQueriesContext(
            database,
        ) as queries:
            claim()
        return len(queries)

    live_overrides()
    assert statements(lambda: store(make_submission())) == statements(lambda: outside("zoo_outside_often", key=None))
    assert not LimitedStart.objects.exists()


def test_a_request_that_is_retried_by_an_operator_keeps_its_key() -> None:
    request_id = outside()
    end(request_id)
    assert row_of(retry(request_id)).limit_key == CRM


def test_old_starts_are_forgotten() -> None:
    outside("zoo_outside_often")
    claim()
    assert forget_old_starts(timezone.now()) == 0
    assert forget_old_starts(timezone.now() + timedelta(seconds=60)) == 1 and not LimitedStart.objects.exists()


# --- waiting for it --------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("steady_clock")
def test_who_waits_is_told_at_what_and_when_it_starts() -> None:
    names = register_many(4)
    for name in names[:2]:
        outside()
        change(claim(name).request_id, attempt_started_at=timezone.now() - timedelta(seconds=2))
    mine = outside()
    assert why_waiting(row_of(mine)) == {"reason": "key_limit", "limit_key": CRM, "ahead": 0}
    wait = waits_of([mine])[mine]
    assert (wait["reason"], wait["limit_key"]) == ("key_limit", CRM)
    assert wait["estimated_start_seconds"] == pytest.approx(4, abs=1)
    free = outside(key="erp")
    told = waits_of([free])[free]
    assert told["reason"] == "ahead" and told["ahead"] == 0 == told["estimated_start_seconds"]


@pytest.mark.usefixtures("steady_clock")
def test_who_waits_for_the_minute_to_pass_is_told_when_it_starts() -> None:
    (name, _) = register_many(2)
    for _ in range(4):
        end_of = outside("zoo_outside_often", estimated_seconds=1.0)
        claim(name)
        end(end_of)
        pass_time(10)
    mine = [outside("zoo_outside_often", estimated_seconds=1.0) for _ in range(2)]
    waits = waits_of(mine)
    assert {wait["reason"] for wait in waits.values()} == {"key_limit"}
    told = [waits[one]["estimated_start_seconds"] for one in mine]
    assert told == [pytest.approx(seconds, abs=1) for seconds in (20, 30)]


def test_nobody_is_woken_while_only_limited_requests_wait() -> None:
    for _ in range(2):
        outside()
        claim()
    waiting = outside()
    connection().delete("rq:queue:default")
    later = timezone.now() + timedelta(minutes=1)
    assert ring_again(later) == 0 and waiting_rings("default") == 0
    end(AsyncRequest.objects.filter(status=Status.PROCESSING).exclude(id=waiting).values_list("id", flat=True)[0])
    assert ring_again(later) == 1 and waiting_rings("default") == 1


def test_nobody_is_woken_before_the_minute_has_passed() -> None:
    for _ in range(5):
        outside("zoo_outside_often")
    for _ in range(4):
        end(claim().request_id)
    connection().delete("rq:queue:default")
    change(AsyncRequest.objects.get(status=Status.PENDING).id, available_at=timezone.now() - timedelta(minutes=2))
    assert ring_again(timezone.now()) == 0
    pass_time(61)
    assert ring_again(timezone.now()) == 1
