import socket
import time
from collections.abc import Callable, Iterable

import pytest
import redis
from pytest_django import Settings
from rq import Queue
from rq.job import Job
from rq.serializers import JSONSerializer
from rq.worker_registration import WORKERS_BY_QUEUE_KEY

from jobs.queue import wakeups
from jobs.queue.wakeups import SHIFT, await_ring, connection, ring, waiting_rings
from tests.local.waiting import eventually


def register_workers(queue: str, number: int) -> None:
    connection().sadd(WORKERS_BY_QUEUE_KEY % queue, *[f"worker {n}" for n in range(number)])


def test_it_works() -> None:
    ring(["default"])
    assert waiting_rings("default") == 1 and waiting_rings("ml") == 0
    assert await_ring(["ml", "default"], 1.0)
    assert waiting_rings("default") == 0


def test_a_ring_is_a_job_that_carries_no_request() -> None:
    ring(["ml"])
    (job_id,) = Queue("ml", connection=connection()).job_ids
    job = Job.fetch(job_id, connection=connection(), serializer=JSONSerializer)
    assert (job.func_name, list(job.args)) == (SHIFT, [["ml"], ""])


@pytest.mark.parametrize(("workers", "rings"), [(0, 1), (1, 1), (3, 3), (20, 10)])
def test_no_more_rings_wait_than_there_are_workers(workers: int, rings: int) -> None:
    if workers:
        register_workers("default", workers)
    ring(["default"] * 10)
    assert waiting_rings("default") == rings


def test_rings_that_wait_already_count() -> None:
    register_workers("default", 3)
    for _ in range(5):
        ring(["default"])
    assert waiting_rings("default") == 3
    ring(["default"] * 5)
    assert waiting_rings("default") == 3


def test_queues_are_counted_apart() -> None:
    register_workers("ml", 2)
    ring(["default", "ml", "ml", "default", "ml"])
    assert (waiting_rings("default"), waiting_rings("ml")) == (1, 2)


def test_many_rings_in_all_queues_take_two_round_trips(monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread that rings stores the next submissions only after that."""
    ring(["default"])  # RQ asks for the version of the server once
    for queue in ("default", "ml"):
        register_workers(queue, 20)
    trips: list[int] = []
    execute = redis.client.Pipeline.execute

    def count(pipeline: redis.client.Pipeline, raise_on_error: bool = True) -> object:
        trips.append(1)
        return execute(pipeline, raise_on_error)

    def refuse(*args: object, **options: object) -> None:
        raise AssertionError("a command of its own")

    monkeypatch.setattr(redis.client.Pipeline, "execute", count)
    with monkeypatch.context() as patch:
        patch.setattr(redis.Redis, "execute_command", refuse)
        ring(["default"] * 10 + ["ml"] * 10)
    assert len(trips) == 2
    assert (waiting_rings("default"), waiting_rings("ml")) == (11, 10)


def test_a_ring_taken_leaves_nothing_in_redis() -> None:
    ring(["default"])
    assert await_ring(["default"], 1.0)
    assert not list(connection().scan_iter("rq:job:*"))


def test_a_long_wait_is_several_short_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    assert wakeups._waiting_connection().get_connection_kwargs()["socket_timeout"] > wakeups.MAX_WAIT_SECONDS
    monkeypatch.setattr(wakeups, "MAX_WAIT_SECONDS", 0.1)
    started = time.monotonic()
    assert not await_ring(["default"], 0.35)
    assert time.monotonic() - started >= 0.35


def test_waiting_for_a_ring_ends_when_none_comes() -> None:
    started = time.monotonic()
    assert not await_ring(["default", "ml"], 0.2)
    assert 0.1 < time.monotonic() - started < 3


def test_a_redis_that_is_away_neither_raises_nor_takes_long(redis_away: Callable[[], redis.Redis]) -> None:
    started = time.monotonic()
    for _ in range(200):
        ring(["default", "ml"])
    assert time.monotonic() - started < 3


def test_a_redis_that_is_away_is_asked_once_a_second_only(
    redis_away: Callable[[], redis.Redis], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def refuse(queues: Iterable[str]) -> None:
        asked.extend(queues)
        raise redis.ConnectionError("away")

    monkeypatch.setattr(wakeups, "_ring_all", refuse)
    for _ in range(5):
        ring(["default"])
    assert asked == ["default"]
    wakeups.breaker.close()
    ring(["ml"])
    assert asked == ["default", "ml"]


def test_a_redis_that_hangs_is_asked_once_and_given_a_moment(
    settings: Settings, silent_port: Callable[[], tuple[int, list[object]]]
) -> None:
    """Every acknowledgment after the first one waits for its ring, so two tries of 5 s each were felt by all."""
    port, connected = silent_port()
    settings.REDIS_URL = f"redis://127.0.0.1:{port}"
    with pytest.raises(redis.TimeoutError):
        wakeups._connect(0.1).ping()
    # Connections are taken in the order in which they came, so all before this one are counted too.
    with socket.create_connection(("127.0.0.1", port)):
        eventually(lambda: len(connected) >= 2, "the connection made last is taken")
    assert len(connected) - 1 == 1 and wakeups.ANSWER_SECONDS <= 2
