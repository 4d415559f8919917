"""Processes that share buckets over Redis, and what they do while it is away."""

from typing import Any

import pytest
import redis
from hypothesis import given
from hypothesis import strategies as st

from jobs.queue.wakeups import connection
from realtime.limits import exchange as module
from realtime.limits.exchange import Exchange, SharedBucket, breaker
from tests.conftest import Advance
from tests.local.waiting import eventually
from tests.realtime.limits.conftest import SOON

BURST = 10.0
# Nothing comes back while a test lasts, however slow the machine is. Redis has a clock of its own.
SLOW = 1e-4


class Process:
    """One process with one bucket, which all such processes share."""

    def __init__(self, rate: float = SLOW, burst: float = BURST) -> None:
        self.exchange = Exchange()
        self.bucket = SharedBucket("streamer:limits:test:a", per_second=rate, burst=burst)

    def take(self, times: int = 1) -> int:
        """Try some times. Return the number that passed."""
        return sum(self.exchange.take([self.bucket]) == 0 for _ in range(times))

    def left(self) -> float:
        return self.bucket.refill()


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Take Redis away until ``undo``."""

    def fail() -> redis.Redis:
        raise redis.ConnectionError("Redis is away")

    patch = pytest.MonkeyPatch()
    patch.setattr(module, "connection", fail)
    yield patch
    patch.undo()


def test_what_one_process_let_in_the_others_count(advance: Advance) -> None:
    one, other = Process(), Process()
    assert one.take(20) == 10
    one.exchange.exchange()
    assert other.take() == 1, "it has not heard of it yet"
    other.exchange.exchange()
    assert other.take() == 0


def test_two_processes_let_in_no_more_than_one(advance: Advance) -> None:
    processes = Process(), Process()
    admitted = 0
    for number in range(200):
        admitted += processes[number % 2].take()
        for process in processes:
            process.exchange.exchange()
    assert BURST <= admitted <= BURST + 1


def test_who_is_refused_by_one_bucket_costs_the_others_nothing(advance: Advance) -> None:
    process = Process(rate=1)
    tenant = SharedBucket("streamer:limits:test:b", per_second=5, burst=50)
    for _ in range(30):
        process.exchange.take([process.bucket, tenant])
    assert (process.left(), tenant.refill()) == (0, 40)


def test_who_heeds_no_refusal_waits_longer_but_not_for_ever(advance: Advance) -> None:
    process = Process(rate=1)
    waits = [process.exchange.take([process.bucket], refused_pay=True) for _ in range(90)]
    assert waits == sorted(waits) and BURST < waits[-1] <= BURST + 1
    advance(60)
    assert process.take() == 1


def test_what_is_given_back_can_be_taken_again_anywhere(advance: Advance) -> None:
    one, other = Process(), Process()
    one.take(10)
    one.exchange.exchange()
    one.exchange.spend([one.bucket], -5)
    one.exchange.exchange()
    other.take(1)
    other.exchange.exchange()
    assert other.left() == pytest.approx(4, abs=0.1)


def test_all_buckets_go_in_one_round_trip_and_a_little_waits(monkeypatch: pytest.MonkeyPatch, advance: Advance) -> None:
    trips: list[int] = []
    ask = module._ask
    monkeypatch.setattr(module, "_ask", lambda told: trips.append(len(told)) or ask(told))
    exchange = Exchange()
    buckets = [SharedBucket(f"streamer:limits:test:{number}", per_second=SLOW, burst=10) for number in range(700)]
    large = SharedBucket("streamer:limits:test:large", per_second=SLOW, burst=1_000)
    for bucket in buckets:
        exchange.take([bucket, large] if bucket is buckets[0] else [bucket])
    exchange.exchange()
    exchange.exchange()
    assert trips == [700]
    advance(0.5)
    exchange.exchange()
    assert trips == [700, 1] and len(connection().keys("streamer:limits:test:*")) == 701
    exchange.spend([large], 20)
    exchange.exchange()
    assert trips == [700, 1, 1], "two hundredths are told at once"


def test_redis_forgets_what_is_full_again() -> None:
    process = Process(rate=100, burst=1_000)
    process.take(1_000)
    process.exchange.exchange()
    (key,) = connection().keys("streamer:limits:test:*")
    assert 0 < connection().pttl(key) <= 11_000


def test_a_thread_tells_in_the_background_and_ends(advance: Advance) -> None:
    process = Process()
    process.take(10)
    SOON(process.exchange)
    eventually(lambda: connection().exists(process.bucket.name), "it is told")
    eventually(lambda: not process.exchange._runs, "the thread has ended")


# --- without Redis ---------------------------------------------------------------------------------------------------


def test_without_redis_each_process_limits_alone(advance: Advance, away: pytest.MonkeyPatch) -> None:
    one, other = Process(rate=1), Process(rate=1)
    assert (one.take(20), other.take(20)) == (10, 10)
    for process in (one, other):
        breaker.close()
        process.exchange.exchange()
    advance(60)
    assert one.take(20) == 10


def test_a_short_silence_hides_no_flood_from_the_others(advance: Advance, away: pytest.MonkeyPatch) -> None:
    one, other = Process(), Process()
    one.take(10)
    for _ in range(3):
        breaker.close()
        one.exchange.exchange()
    away.undo()
    breaker.close()
    one.exchange.exchange()
    other.take()
    other.exchange.exchange()
    assert other.take() == 0


def test_a_long_silence_is_not_held_against_who_kept_to_the_rate(advance: Advance, away: pytest.MonkeyPatch) -> None:
    process = Process(rate=1)
    for _ in range(100):
        advance(1)
        assert process.take() == 1
    breaker.close()
    process.exchange.exchange()
    away.undo()
    breaker.close()
    advance(1)
    process.take()
    process.exchange.exchange()
    assert process.left() > BURST - 3


def test_an_outage_keeps_no_more_than_what_is_not_full_again(advance: Advance, away: pytest.MonkeyPatch) -> None:
    exchange = Exchange()
    for number in range(100):
        exchange.take([SharedBucket(str(number), per_second=1, burst=10)])
    advance(60)
    exchange.exchange()
    assert exchange._untold == []


@given(st.lists(st.tuples(st.sampled_from([0, 1]), st.integers(20, 40), st.booleans()), max_size=15))
def test_no_tokens_are_lost_or_counted_twice(steps: list[tuple[int, int, bool]]) -> None:
    """All that two processes spent is off the bucket, whichever exchanges fail, and whatever is spent meanwhile."""
    connection().flushdb()
    processes = Process(burst=1_000), Process(burst=1_000)
    ask, spent = module._ask, 0.0
    for which, tokens, works in steps:
        process = processes[which]

        def spend_and_ask(told: Any, process: Process = process, works: bool = works) -> list[float]:
            if told[0][0] is not process.bucket:  # a thread of an earlier test still tells what was spent there
                return ask(told)
            process.exchange.spend([process.bucket], 1)
            if not works:
                raise redis.ConnectionError("Redis is away")
            return ask(told)

        process.exchange.spend([process.bucket], tokens)
        spent += tokens + 1
        breaker.close()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, "_ask", spend_and_ask)
            process.exchange.exchange()
    breaker.close()
    for process in processes:
        process.exchange.spend([process.bucket], 50)
        process.exchange.exchange()
    left = float(connection().hget(processes[0].bucket.name, "left"))
    assert left == pytest.approx(900 - spent, abs=0.1)
