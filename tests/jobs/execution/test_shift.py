import itertools
import time
from collections.abc import Sequence
from types import SimpleNamespace

import pytest
from django.db import OperationalError
from pytest_django import Settings

from jobs.execution import shift, watchdog
from jobs.execution.shift import work_shift
from jobs.models import AsyncRequest, Status
from jobs.queue import claims, wakeups
from jobs.queue.claims import Claim
from jobs.queue.wakeups import ring, waiting_rings
from tests.jobs.building import Threads, make_submission, row_of, store, submit, types_of
from tests.local.waiting import eventually

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def short_linger(settings: Settings) -> None:
    settings.STREAMER_LINGER_SECONDS = 0.1


def completed() -> int:
    return AsyncRequest.objects.filter(status=Status.COMPLETED).count()


def test_it_works() -> None:
    ids = [submit("echo_async") for _ in range(5)]
    work_shift(["default"], "worker 7")
    assert completed() == 5 and {row_of(request_id).worker for request_id in ids} == {"worker 7"}
    assert waiting_rings("default") == 0


def test_it_serves_its_queues_and_no_other() -> None:
    store(make_submission("echo_async", queue="ml"))
    other = store(make_submission("echo_async", queue="bulk"))
    work_shift(["default", "ml"], "")
    assert completed() == 1 and row_of(other).status == Status.PENDING


@pytest.mark.parametrize("limit", [{"STREAMER_SHIFT_REQUESTS": 2}, {"STREAMER_SHIFT_SECONDS": 0.0}])
def test_a_shift_that_is_over_rings_for_what_is_left(limit: dict[str, float], settings: Settings) -> None:
    for name, value in limit.items():
        setattr(settings, name, value)
    for _ in range(3):
        submit("echo_async")
    work_shift(["default"], "")
    assert completed() == (2 if "STREAMER_SHIFT_REQUESTS" in limit else 0)
    assert waiting_rings("default") == 1


def test_a_worker_that_leaves_takes_nothing_more() -> None:
    submit("echo_async")
    watchdog.leave()
    work_shift(["default"], "")
    assert completed() == 0 and waiting_rings("default") == 1


def test_a_worker_that_drains_takes_nothing_more_and_hands_nothing_back() -> None:
    submit("echo_async")
    watchdog.drain()
    work_shift(["default"], "")
    assert completed() == 0 and waiting_rings("default") == 1
    assert watchdog.is_draining() and not watchdog.is_leaving(), "what runs is not asked to stop"


@pytest.mark.parametrize("answer_is_lost", [True, False])
def test_a_claim_whose_answer_is_lost_is_given_back_and_run_without_waiting_for_the_lease(
    answer_is_lost: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database ends the connection, and says no for a while: before the commit of the claim, or after it."""
    faults = [OperationalError("terminated"), OperationalError("too many clients"), OperationalError("still")]
    pauses: list[float] = []
    monkeypatch.setattr(shift, "time", SimpleNamespace(monotonic=time.monotonic, sleep=pauses.append))

    def claim_next(queues: Sequence[str], *, worker: str) -> Claim | None:
        if len(faults) < 3:
            return claims.claim_next(queues, worker=worker)
        if answer_is_lost:
            assert claims.claim_next(queues, worker=worker)
        raise faults.pop()

    def give_back(worker: str) -> int:
        if faults:
            raise faults.pop()
        return claims.give_back(worker)

    monkeypatch.setattr(shift, "claim_next", claim_next)
    monkeypatch.setattr(shift, "give_back", give_back)
    request_id = submit("echo_async")
    work_shift(["default"], "w")
    row = row_of(request_id)
    assert (row.status, row.attempt, row.lost_count) == (Status.COMPLETED, 1 + answer_is_lost, 0)
    assert pauses == [0.5, 0.5] and types_of(request_id).count("retrying") == answer_is_lost


def test_a_database_that_stays_away_ends_the_shift_when_the_lease_is_over(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = itertools.count(0.0, 5.0)
    monkeypatch.setattr(shift, "time", SimpleNamespace(monotonic=lambda: next(clock), sleep=lambda seconds: None))

    def fail(*args: object, **options: object) -> None:
        raise OperationalError("away")

    monkeypatch.setattr(shift, "claim_next", fail)
    monkeypatch.setattr(shift, "give_back", fail)
    with pytest.raises(OperationalError):
        work_shift(["default"], "w")


def test_it_lingers_for_more_work(settings: Settings) -> None:
    settings.STREAMER_LINGER_SECONDS = 10.0
    settings.STREAMER_SHIFT_REQUESTS = 2
    with Threads(lambda: work_shift(["default"], "")):
        submit("echo_async")
        ring(["default"])
        eventually(lambda: completed() == 1, "the first is run")
        submit("echo_async")
        ring(["default"])
        eventually(lambda: completed() == 2, "the one that came meanwhile is run too")


def test_a_failed_request_does_not_end_the_shift() -> None:
    for action in ("zoo_crash", "zoo_permanent", "echo_async"):
        submit(action)
    work_shift(["default"], "")
    assert completed() == 1 and AsyncRequest.objects.filter(status=Status.FAILED).count() == 2


@pytest.mark.usefixtures("redis_away")
def test_without_redis_what_waits_is_run_all_the_same() -> None:
    submit("echo_async")
    work_shift(["default"], "")
    assert completed() == 1


def test_a_killed_request_wakes_the_next_worker(monkeypatch: pytest.MonkeyPatch) -> None:
    rung: list[object] = []
    monkeypatch.setattr("jobs.execution.shift.ring", lambda queues: rung.append(list(queues)))
    work_shift(["default", "ml"], "")
    for action in watchdog._before_end:
        action()
    assert rung == [["default", "ml"]]
    assert f"{work_shift.__module__}.{work_shift.__name__}" == wakeups.SHIFT
