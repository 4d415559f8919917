"""The counts of processes: none is lost while Redis is away, and a forked child does not repeat its parent's."""

import os
import threading
from collections.abc import Callable, Iterator

import pytest
import redis

from jobs.metrics import counters, exchange
from jobs.metrics.counters import Counter, Histogram
from jobs.queue.wakeups import connection

COUNT = Counter("test_messages", "For the tests.", "type")
TIME = Histogram("test_seconds", "For the tests.")


@pytest.fixture(autouse=True)
def nothing_counted() -> Iterator[None]:
    counters.take()
    yield
    counters.take()


def test_it_works() -> None:
    COUNT.count("ping")
    COUNT.count("ping", by=2)
    TIME.observe(0.002)
    exchange.flush()
    COUNT.count("pong")
    found = exchange.read()
    assert found["test_messages", ("ping",), ""] == 3 and found["test_messages", ("pong",), ""] == 1
    assert found["test_seconds", (), "1"] == 1 and found["test_seconds", (), "sum"] == pytest.approx(0.002)
    exchange.flush()
    exchange.flush()
    assert exchange.read() == found


def test_while_redis_is_away_counts_stay(
    monkeypatch: pytest.MonkeyPatch, redis_away: Callable[[], redis.Redis]
) -> None:
    exchange._breaker.close()
    COUNT.count("ping")
    with monkeypatch.context() as away:
        away.setattr(exchange, "connection", redis_away)
        exchange.flush()
        COUNT.count("ping")
        assert exchange.read() == {("test_messages", ("ping",), ""): 2}
    exchange._breaker.close()
    exchange.flush()
    assert exchange.read()["test_messages", ("ping",), ""] == 2 and connection().hlen("streamer:metrics") == 1


def test_threads_lose_nothing() -> None:
    def work() -> None:
        for _ in range(1_000):
            COUNT.count("ping")

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counters.take() == {("test_messages", ("ping",), ""): 4_000}


def test_a_forked_child_begins_anew() -> None:
    COUNT.count("ping")
    child = os.fork()
    if child == 0:
        os._exit(len(counters.added()))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0 and len(counters.added()) == 1
