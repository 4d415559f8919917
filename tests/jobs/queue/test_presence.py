import socket
from collections.abc import Callable
from types import SimpleNamespace

import pytest
import redis
from django.conf import settings

from jobs.execution.worker import ShiftWorker
from jobs.models import Status
from jobs.queue import presence
from jobs.queue.presence import release_name, reserve_name, served_queues
from jobs.queue.wakeups import connection
from tests.jobs.admin.pages import make_request
from tests.jobs.queue.workers import register, silence


def test_it_works() -> None:
    assert served_queues() == {}
    register("both", ["default", "ml"])
    register("one", ["ml"])
    register("foreign", ["mail"])
    assert served_queues() == {"default": {"both"}, "ml": {"both", "one"}}


def test_a_worker_that_left_or_fell_silent_serves_nothing() -> None:
    leaving, dead = register("leaving"), register("dead")
    leaving.register_death()  # type: ignore[no-untyped-call]
    silence(dead)
    assert served_queues() == {}
    connection().delete(dead.key)
    presence.forget()
    assert served_queues() == {}


def test_a_redis_that_lost_its_data_knows_the_workers_again_at_their_next_heartbeat() -> None:
    worker = ShiftWorker(["default", "ml"], connection=redis.Redis.from_url(settings.REDIS_URL), name="survivor")
    worker.register_birth()  # type: ignore[no-untyped-call]
    connection().flushdb()
    assert served_queues() == {}
    worker.heartbeat()
    presence.forget()
    assert served_queues() == {"default": {"survivor"}, "ml": {"survivor"}}


def test_it_is_asked_for_once_in_two_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000.0
    monkeypatch.setattr(presence, "time", SimpleNamespace(monotonic=lambda: now))
    register("first")
    assert served_queues() and served_queues() is served_queues()
    connection().flushdb()
    now += 1.9
    assert served_queues()
    now += 0.2
    assert served_queues() == {}


def test_it_costs_two_round_trips_however_many_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        register(f"worker-{number}")
    trips = []
    pipeline = connection().pipeline
    monkeypatch.setattr(connection(), "pipeline", lambda **options: trips.append(1) or pipeline(**options))
    executed = []
    execute = redis.client.Pipeline.execute
    monkeypatch.setattr(
        redis.client.Pipeline, "execute", lambda self, **options: executed.append(1) or execute(self, **options)
    )
    served = served_queues()
    assert served is not None and len(served["default"]) == 20 and (len(trips), len(executed)) == (1, 2)


def test_a_redis_that_is_away_is_not_asked_at_once_again(
    redis_away: Callable[[], redis.Redis], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[redis.Redis] = []

    def ask() -> redis.Redis:
        asked.append(redis_away())
        return asked[-1]

    monkeypatch.setattr(presence, "redis_connection", ask)
    assert [served_queues() for _ in range(3)] == [None] * 3 and len(asked) == 1


@pytest.mark.django_db
def test_a_name_is_that_of_the_host_and_the_first_free_number() -> None:
    host = socket.gethostname().partition(".")[0]
    assert [reserve_name(), reserve_name(2, 4), reserve_name(2, 4)] == [f"{host}/1", f"{host}/2", f"{host}/6"]
    register(f"{host}/3")
    make_request(Status.PROCESSING, worker=f"{host}/4")
    release_name(f"{host}/1")
    assert [reserve_name() for _ in range(2)] == [f"{host}/1", f"{host}/5"]


@pytest.mark.django_db
def test_a_worker_keeps_its_name_and_leaves_it_to_the_next() -> None:
    worker = ShiftWorker(["default"], connection=redis.Redis.from_url(settings.REDIS_URL), name=reserve_name())
    worker.register_birth()
    assert reserve_name() != worker.name
    worker.register_death()  # type: ignore[no-untyped-call]
    assert reserve_name() == worker.name
