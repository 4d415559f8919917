from collections.abc import Callable, Iterator
from unittest.mock import MagicMock

import pytest
import redis
from django.db import OperationalError
from django.utils import timezone
from rq import Worker

from jobs.queue import presence
from jobs.queue.health import probes
from jobs.queue.health.probes import away_since, probe_services
from jobs.queue.wakeups import SWEEPER_HEARTBEATS, connection

pytestmark = pytest.mark.django_db(transaction=True)
ALL_QUEUES = ["default", "reports", "ml", "bulk"]


@pytest.fixture
def worker() -> Iterator[Worker]:
    """Register a worker on two queues that does nothing."""
    worker = Worker(["default", "ml"], connection=connection(), name="shown")
    worker.register_birth()  # type: ignore[no-untyped-call]
    yield worker
    worker.register_death()  # type: ignore[no-untyped-call]


@pytest.fixture
def sweeper() -> None:
    connection().set(f"{SWEEPER_HEARTBEATS}here:1", 1, ex=15)


@pytest.mark.usefixtures("worker", "sweeper")
def test_it_works() -> None:
    answer = probe_services()
    assert answer["status"] == "ok" and set(answer["parts"]) == {"database", "redis", "workers", "sweeper", "folder"}
    assert all(part["ok"] and part["milliseconds"] >= 0 for part in answer["parts"].values())
    assert answer["circuits"]["rings"] == "closed"
    assert answer["parts"]["workers"]["alive"] == 1
    assert answer["parts"]["workers"]["queues_without_worker"] == ["bulk", "reports"]


@pytest.mark.usefixtures("sweeper")
def test_without_a_worker_requests_are_kept_but_wait() -> None:
    answer = probe_services()
    assert answer["status"] == "degraded" and answer["parts"]["sweeper"]["ok"]
    assert answer["parts"]["workers"]["queues_without_worker"] == sorted(ALL_QUEUES)


@pytest.mark.usefixtures("sweeper")
def test_a_worker_that_fell_silent_is_not_alive(worker: Worker) -> None:
    connection().hset(worker.key, "last_heartbeat", "2020-01-01T00:00:00.000000Z")
    assert probe_services()["parts"]["workers"]["alive"] == 0


@pytest.mark.usefixtures("worker")
def test_without_a_sweeper_it_is_degraded() -> None:
    answer = probe_services()
    assert answer["status"] == "degraded" and not answer["parts"]["sweeper"]["ok"]


def test_a_redis_that_is_away_is_told_by_its_fault_and_nothing_else(
    redis_away: Callable[[], redis.Redis], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probes, "redis_connection", redis_away)
    monkeypatch.setattr(presence, "redis_connection", redis_away)
    answer = probe_services()
    assert answer["status"] == "degraded" and answer["parts"]["database"]["ok"]
    assert answer["parts"]["redis"]["fault"] == "ConnectionError" and "127.0.0.1" not in str(answer)


def test_without_the_database_nothing_can_be_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    class Away:
        vendor = "none"
        connection = None

        def cursor(self) -> None:
            raise OperationalError("password of the inside")

    monkeypatch.setattr(probes, "database", Away())
    answer = probe_services()
    assert answer["status"] == "down" and answer["parts"]["database"]["fault"] == "OperationalError"
    assert "password" not in str(answer)


def test_a_kept_connection_that_was_cut_says_nothing_of_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lose it as at a restart of the server, in a thread that does nothing but probe."""

    class Cut:
        vendor = "none"
        connection: object | None = object()
        in_atomic_block = False

        def cursor(self) -> MagicMock:
            if self.connection is not None:
                raise OperationalError("the connection is closed")
            return MagicMock()

        def close(self) -> None:
            self.connection = None

    monkeypatch.setattr(probes, "database", Cut())
    assert probe_services()["parts"]["database"]["ok"]


def test_since_when_a_part_is_away_is_known_until_it_is_back(
    redis_away: Callable[[], redis.Redis], monkeypatch: pytest.MonkeyPatch
) -> None:
    probe_services()
    before = timezone.now()
    assert away_since("redis") is None
    with monkeypatch.context() as patch:
        patch.setattr(probes, "redis_connection", redis_away)
        probe_services()
        since = away_since("redis")
        probe_services()
        assert since is not None and before <= since == away_since("redis")
    probe_services()
    assert away_since("redis") is None
