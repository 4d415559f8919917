"""Each fault is found while it lasts, with its words, and nothing else is."""

from collections import namedtuple
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis
from django.db import OperationalError
from django.utils import timezone
from rq import Worker

from jobs import circuit
from jobs.circuit import CircuitBreaker
from jobs.metrics import disks, exchange
from jobs.metrics.faults import queues
from jobs.metrics.faults.fault import Fault
from jobs.metrics.faults.finding import find_faults
from jobs.metrics.faults.first_seen import FirstSeen
from jobs.metrics.faults.limits import FLOOD_WAITING, STUCK_SECONDS
from jobs.metrics.faults.look import take_look
from jobs.metrics.faults.queues import RefusalRate
from jobs.models import Status
from jobs.queue import presence
from jobs.queue.health import probes
from jobs.queue.wakeups import SWEEPER_HEARTBEATS, connection
from tests.jobs.admin.pages import make_request
from tests.jobs.queue.workers import register, silence

pytestmark = pytest.mark.django_db
Usage = namedtuple("Usage", "total used free")


@pytest.fixture(autouse=True)
def worker(monkeypatch: pytest.MonkeyPatch) -> Worker:
    """Register a worker of all queues. Have a sweeper, quick parts, and room on the disk, on any machine."""
    connection().set(f"{SWEEPER_HEARTBEATS}here:1", 1, ex=60)
    monkeypatch.setattr("jobs.metrics.faults.parts.SLOW_SECONDS", 60.0)
    monkeypatch.setattr(disks.shutil, "disk_usage", lambda path: Usage(100, 10, 90))
    return register("host/1")


def found(name: str = "") -> list[Fault]:
    return [fault for fault in find_faults() if not name or fault.name == name]


def ago(seconds: float) -> datetime:
    return timezone.now() - timedelta(seconds=seconds)


def fail(number: int, action: str = "delay") -> None:
    for _ in range(number):
        make_request(Status.FAILED, action=action, error={"code": "TIMEOUT", "message": ""}, finished_at=ago(9))


def test_it_works() -> None:
    make_request()
    make_request(Status.PROCESSING, worker="host/1")
    make_request(Status.COMPLETED)
    assert found() == []
    make_request(available_at=ago(61))
    (fault,) = found()
    assert (fault.name, fault.subject, fault.severity) == ("StreamerQueueLag", "default", "page")
    assert "waited for 1 min" in fault.text and fault.requests == {"status": "waiting", "queue": "default"}
    assert fault.since is not None and ago(70) < fault.since < ago(60)


def test_a_queue_without_a_worker(worker: Worker) -> None:
    silence(worker)
    register("host/2", ["ml"])
    make_request()
    assert found() == []
    make_request(available_at=ago(6))
    (fault,) = found()
    assert fault.name == "StreamerQueueWithoutWorker" and "streamer_worker default" in fault.advice


def test_no_worker_at_all(worker: Worker) -> None:
    silence(worker)
    (fault,) = found()
    assert (fault.name, fault.subject) == ("StreamerPartAway", "workers") and fault.since is not None


def test_no_sweeper() -> None:
    connection().delete(f"{SWEEPER_HEARTBEATS}here:1")
    (fault,) = found()
    assert fault.subject == "sweeper" and "streamer_sweep" in fault.advice


def test_redis_away_is_one_fault_and_nobody_guesses_about_workers(
    redis_away: Callable[[], redis.Redis], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (probes, presence):
        monkeypatch.setattr(module, "redis_connection", redis_away)
    presence.forget()
    make_request(available_at=ago(30))
    make_request(Status.PROCESSING, worker="host/1")
    (fault,) = found()
    assert (fault.name, fault.subject) == ("StreamerPartAway", "redis")


def test_the_database_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> dict[str, Any]:
        raise OperationalError

    monkeypatch.setattr(probes, "_database", away)
    (fault,) = found()
    assert fault.subject == "database" and "password" not in fault.text


def test_a_slow_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobs.metrics.faults.parts.SLOW_SECONDS", 0.5)
    monkeypatch.setattr(probes, "_redis", lambda: {"milliseconds": 700.0})
    monkeypatch.setattr(probes, "_database", lambda: {"milliseconds": 20.0})
    (fault,) = found()
    assert (fault.name, fault.subject) == ("StreamerPartSlow", "redis") and "took 0.7 s" in fault.text


def test_a_disk_nearly_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disks.shutil, "disk_usage", lambda path: Usage(100_000_000, 96_000_000, 4_000_000))
    assert {fault.name for fault in found()} == {"StreamerDiskFull"}
    assert "4 MB of 100 MB are free" in found()[0].text


def test_an_open_breaker_though_redis_answers() -> None:
    breaker = CircuitBreaker("a test goes on", name="a test")

    def fail_once() -> None:
        raise redis.ConnectionError

    try:
        breaker.call(fail_once)
        (fault,) = found()
        assert (fault.name, fault.subject) == ("StreamerCircuitOpen", "a test") and fault.since is not None
        breaker.close()
        assert found() == []
        breaker.call(fail_once)
        breaker._failed_at -= 21  # nobody has tried since
        assert breaker.state != "closed" and found() == []
    finally:
        del circuit._named["a test"]


def test_a_stuck_request_is_one_that_is_silent_for_longer_than_its_run_should_take() -> None:
    long = {"worker": "host/1", "changed_at": ago(STUCK_SECONDS + 5)}
    make_request(Status.PROCESSING, estimated_seconds=3600, **long)
    parent = make_request(Status.PROCESSING, worker="host/1")
    make_request(Status.PROCESSING, parent=parent, **long)
    assert found() == []
    stuck = make_request(Status.PROCESSING, title="Sales of May", estimated_seconds=10, **long)
    (fault,) = found()
    assert (fault.name, fault.request_id) == ("StreamerRequestStuck", stuck.id)
    assert "Sales of May runs on host/1" in fault.text and str(stuck.id) in fault.advice
    make_request(Status.PROCESSING, **long)
    (fault,) = found()
    assert fault.request_id is None and fault.text.startswith("2 requests of delay")


def test_an_action_that_fails() -> None:
    for _ in range(20):
        make_request(Status.COMPLETED)
    fail(4)
    assert found() == []
    fail(2)
    (fault,) = found()
    assert (fault.name, fault.subject) == ("StreamerActionFails", "delay")
    assert "Of 26 requests" in fault.text and "6 failed, most with TIMEOUT" in fault.text
    assert fault.since is not None and fault.requests == {"status": "failed", "action": "delay"}


def test_two_failures_are_no_fault() -> None:
    fail(2)
    assert found() == []


def test_a_silent_worker_that_holds_a_request() -> None:
    silence(register("host/2"))
    make_request(Status.PROCESSING, worker="host/2")
    assert found() == []  # it may be a new one
    make_request(Status.PROCESSING, worker="host/2", changed_at=ago(15))
    (fault,) = found()
    assert (fault.name, fault.subject) == ("StreamerWorkersLost", "host/2") and "holds a request" in fault.text


def test_attempts_that_were_lost_lately() -> None:
    make_request(Status.RETRYING, lost_count=1, changed_at=ago(400))
    assert found() == []
    make_request(Status.RETRYING, lost_count=1)
    make_request(Status.COMPLETED, lost_count=1)
    (fault,) = found()
    assert fault.name == "StreamerWorkersLost" and "2 attempts were lost" in fault.text


def test_a_tenant_that_floods() -> None:
    for _ in range(FLOOD_WAITING - 1):
        make_request(tenant_id="loud")
    for _ in range(10):
        make_request(tenant_id="quiet")
    assert found() == []
    make_request(tenant_id="loud")
    (fault,) = found()
    assert (fault.name, fault.subject) == ("StreamerTenantFloods", "loud")
    assert "50 of 60 waiting requests" in fault.text
    assert fault.requests == {"status": "waiting", "tenant_id": "loud"}


def test_refusals_are_measured_between_two_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    rate, counts = RefusalRate(), {"rate_limited.submits.tenant": 0.0}
    clock = [100.0]
    monkeypatch.setattr(queues.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(
        exchange,
        "read",
        lambda: {("streamer_refusals", ("Message refused", name), ""): count for name, count in counts.items()},
    )
    look = take_look()
    assert list(rate.faults(look)) == []
    clock[0], counts["rate_limited.submits.tenant"] = 120.0, 80.0
    assert list(rate.faults(look)) == []
    clock[0], counts["rate_limited.submits.tenant"] = 130.0, 200.0
    (fault,) = rate.faults(look)
    assert fault.subject == "rate_limited.submits.tenant" and "7 times a second" in fault.text
    clock[0] = 195.0
    assert list(rate.faults(look)) == []


def test_the_most_urgent_comes_first() -> None:
    fail(5)
    make_request(available_at=ago(90))
    assert [fault.name for fault in found()] == ["StreamerQueueLag", "StreamerActionFails"]


def test_since_is_when_it_was_noticed_and_begins_anew_when_it_comes_back() -> None:
    seen, fault = FirstSeen(), Fault(name="StreamerDiskFull", subject="scratch", text="", advice="")
    first, later = datetime(2026, 5, 17, 12, tzinfo=UTC), datetime(2026, 5, 17, 13, tzinfo=UTC)
    assert [one.since for one in seen.complete([fault], first)] == [first]
    assert [one.since for one in seen.complete([fault], later)] == [first]
    assert seen.complete([], later) == []
    assert [one.since for one in seen.complete([fault], later)] == [later]


@pytest.mark.parametrize("rows", [1, 40])
def test_the_number_of_queries_does_not_depend_on_the_rows(rows: int, django_assert_max_num_queries: Any) -> None:
    find_faults()
    for _ in range(rows):
        make_request(available_at=ago(90))
        make_request(Status.PROCESSING, worker="host/1", changed_at=ago(90))
        make_request(Status.FAILED, error={"code": "TIMEOUT", "message": ""})
    with django_assert_max_num_queries(16):
        assert len(find_faults()) >= 2
