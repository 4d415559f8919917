from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import timedelta
from uuid import UUID

import pytest
import redis
from django.utils import timezone
from pytest_django import Settings
from rq import Worker

from jobs.models import Status
from jobs.queue import presence
from jobs.queue.pauses import pause_action
from jobs.queue.waits import Wait, waits_of, why_waiting
from jobs.queue.wakeups import connection
from jobs.requests.cancellation import request_cancel
from jobs.requests.reads import explained, find, owned_by
from tests.jobs.building import change, claim, make_submission, row_of, store, submit

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def worker() -> Iterator[Worker]:
    """Register a worker of two queues that does nothing."""
    worker = Worker(["default", "reports"], connection=connection(), name="shown")
    worker.register_birth()
    yield worker
    worker.register_death()


def wait_of(request_id: UUID) -> Wait | None:
    return why_waiting(row_of(request_id))


@pytest.mark.usefixtures("worker")
def test_it_works() -> None:
    first, second = submit(), submit()
    assert wait_of(first) == {"reason": "ahead", "ahead": 0}
    assert wait_of(second) == {"reason": "ahead", "ahead": 1}


@pytest.mark.parametrize("status", [item for item in Status if item not in ("pending", "retrying")])
def test_what_does_not_wait_has_no_reason(status: Status) -> None:
    request_id = submit()
    change(request_id, status=status)
    assert wait_of(request_id) is None and "waiting" not in explained(row_of(request_id))


@pytest.mark.usefixtures("worker")
def test_priority_counts_and_other_queues_do_not() -> None:
    store(make_submission(queue="reports"))
    usual = store(make_submission())
    urgent = store(make_submission(priority=600))
    assert wait_of(urgent) == {"reason": "ahead", "ahead": 0}
    assert wait_of(usual) == {"reason": "ahead", "ahead": 1}


@pytest.mark.usefixtures("worker")
def test_tenants_with_fewer_running_are_ahead_and_the_number_is_the_order_of_claims() -> None:
    store(make_submission())
    claim()
    mine = [store(make_submission()) for _ in range(2)]
    other = [store(make_submission(user="charlie", tenant="other")) for _ in range(2)]
    expected = [wait_of(request_id) for request_id in (*mine, *other)]
    assert [wait["ahead"] for wait in expected if wait] == [2, 3, 0, 1]
    assert claim().request_id == other[0]


@pytest.mark.usefixtures("worker")
def test_what_cannot_be_started_is_not_ahead() -> None:
    paused, gone, later, last = submit("zoo_partial"), submit(), submit(), submit()
    pause_action("zoo_partial")
    request_cancel(gone)
    change(later, status=Status.RETRYING, available_at=timezone.now() + timedelta(minutes=1))
    assert wait_of(last) == {"reason": "ahead", "ahead": 0}
    assert wait_of(paused) == {"reason": "paused", "ahead": 0}


def test_a_pause_between_attempts_is_a_reason() -> None:
    request_id = submit()
    claim()
    change(request_id, status=Status.RETRYING, available_at=timezone.now() + timedelta(minutes=1))
    body = explained(row_of(request_id))
    assert body["waiting"] == {"reason": "retry_at", "ahead": 0} and body["retry_at"] > timezone.now().timestamp()


@pytest.mark.usefixtures("worker")
def test_a_new_one_waits_for_no_moment_though_the_clock_was_put_back_since_its_submit() -> None:
    request_id = submit()
    change(request_id, available_at=timezone.now() + timedelta(minutes=1))
    assert wait_of(request_id) == {"reason": "ahead", "ahead": 0}


def test_the_limits_have_their_names(settings: Settings) -> None:
    settings.STREAMER_MAX_RUNNING_PER_USER, settings.STREAMER_MAX_RUNNING_PER_TENANT = 2, 3
    for user in ("alice", "alice", "bob"):
        store(make_submission(user=user))
        claim()
    for number in range(2):
        store(make_submission("zoo_scarce", user="x", tenant=f"tenant {number}"))
        claim()
    asked = {
        "your_limit": store(make_submission()),
        "tenant_limit": store(make_submission(user="dora")),
        "action_limit": store(make_submission("zoo_scarce", user="x", tenant="fresh")),
    }
    for reason, request_id in asked.items():
        assert wait_of(request_id) == {"reason": reason, "ahead": 0}


def test_without_a_worker_for_its_queue_it_says_so(worker: Worker) -> None:
    assert wait_of(store(make_submission(queue="ml"))) == {"reason": "no_worker", "ahead": 0}
    connection().hset(worker.key, "last_heartbeat", "2020-01-01T00:00:00.000000Z")
    presence.forget()
    assert wait_of(submit()) == {"reason": "no_worker", "ahead": 0}


def test_without_redis_the_reason_is_left_out(
    redis_away: Callable[[], redis.Redis], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(presence, "redis_connection", redis_away)
    submit()
    assert wait_of(submit()) == {"ahead": 1}


def test_only_the_owner_is_told() -> None:
    request_id = submit()
    row = find(request_id, owned_by("acme", "alice"))
    body = row and explained(row)
    assert body is not None and body["waiting"]["ahead"] == 0
    assert find(request_id, owned_by("acme", "bob")) is None


@pytest.mark.usefixtures("worker")
def test_many_at_once_are_told_the_same_as_each_alone(
    settings: Settings, django_assert_max_num_queries: Callable[..., AbstractContextManager[object]]
) -> None:
    settings.STREAMER_MAX_RUNNING_PER_USER = 1
    store(make_submission())
    ended = claim()
    pause_action("zoo_partial")
    waiting = [store(make_submission("zoo_partial")), store(make_submission(queue="ml"))]
    waiting += [store(make_submission(user="charlie", tenant=tenant, priority=n)) for n, tenant in enumerate("abab")]
    with django_assert_max_num_queries(5):
        told = waits_of({*waiting, ended.request_id})
    assert set(told) == set(waiting)
    for request_id in waiting:
        wait = told[request_id]
        assert {key: wait.get(key) for key in ("reason", "ahead")} == wait_of(request_id)
        assert wait["position"] == wait["ahead"] + 1 and wait["estimated_seconds"] >= 0
    assert sorted(told[request_id]["ahead"] for request_id in waiting[2:]) == [0, 1, 2, 3]


@pytest.mark.usefixtures("steady_clock")
def test_who_waits_is_told_when_it_may_start(worker: Worker) -> None:
    """One worker, which has 4 s of 6 left, and two before: 4 + 6 + 2 seconds."""
    running = submit()
    claim(worker.name)
    change(running, attempt_started_at=timezone.now() - timedelta(seconds=2))
    waiting = [submit(), store(make_submission(estimated_seconds=2)), submit()]
    told = [waits_of([request_id])[request_id]["estimated_start_seconds"] for request_id in waiting]
    assert told == [pytest.approx(seconds, abs=1) for seconds in (4, 10, 12)]
    pause_action("zoo_count")
    assert "estimated_start_seconds" not in waits_of(waiting)[waiting[0]]


@pytest.mark.usefixtures("steady_clock")
def test_the_progress_of_what_runs_says_how_long_it_still_goes_on(worker: Worker) -> None:
    running = submit()
    claim(worker.name)
    change(running, attempt_started_at=timezone.now() - timedelta(seconds=60), percentage=50)
    mine = submit()
    # By its own pace 60 s, by its estimate it is late by 54 s.
    assert waits_of([mine])[mine]["estimated_start_seconds"] == pytest.approx(57, abs=1)


@pytest.mark.usefixtures("steady_clock")
def test_a_limit_is_no_reason_not_to_tell_the_start(settings: Settings, worker: Worker) -> None:
    settings.STREAMER_MAX_RUNNING_PER_USER = 1
    submit()
    claim(worker.name)
    mine = submit()
    wait = waits_of([mine])[mine]
    assert wait["reason"] == "your_limit" and wait["estimated_start_seconds"] == pytest.approx(6, abs=1)


def test_nobody_is_told_a_start_that_no_worker_can_make() -> None:
    request_id = submit()
    assert "estimated_start_seconds" not in waits_of([request_id])[request_id]
