from collections.abc import Callable

import pytest

from realtime.socket import rate_limit
from realtime.socket.rate_limit import RateLimit, Verdict

Advance = Callable[[float], None]


@pytest.fixture
def advance(monkeypatch: pytest.MonkeyPatch) -> Advance:
    """Return ``advance(seconds)``, which moves the time of this module alone."""
    now = [1000.0]

    class Time:
        @staticmethod
        def monotonic() -> float:
            return now[0]

    def move(seconds: float) -> None:
        now[0] += seconds

    monkeypatch.setattr(rate_limit, "time", Time)
    return move


def judge(guard: RateLimit, times: int) -> list[Verdict]:
    return [guard.judge() for _ in range(times)]


def test_it_works(advance: Advance) -> None:
    guard = RateLimit(per_second=10, burst=3)
    assert judge(guard, 4) == [Verdict.FINE] * 3 + [Verdict.TOO_MANY]
    assert guard.retry_after_seconds == pytest.approx(0.1)
    advance(0.1)
    assert judge(guard, 2) == [Verdict.FINE, Verdict.TOO_MANY]


def test_the_rate_holds_on_the_long_run(advance: Advance) -> None:
    guard = RateLimit(per_second=100, burst=200)
    fine = 0
    for _ in range(10_000):
        advance(0.001)
        fine += guard.judge() is Verdict.FINE
    assert fine == pytest.approx(200 + 100 * 10, abs=2)


def test_who_keeps_to_the_rate_is_never_refused(advance: Advance) -> None:
    guard = RateLimit(per_second=100, burst=200)
    for _ in range(5_000):
        advance(0.0101)
        assert guard.judge() is Verdict.FINE


def test_silence_saves_up_no_more_than_the_burst(advance: Advance) -> None:
    guard = RateLimit(per_second=10, burst=5)
    judge(guard, 5)
    advance(3600)
    assert judge(guard, 6).count(Verdict.FINE) == 5


def test_too_many_refusals_are_abuse(advance: Advance) -> None:
    guard = RateLimit(per_second=1, burst=2, max_refused=3)
    assert judge(guard, 6) == [Verdict.FINE] * 2 + [Verdict.TOO_MANY] * 3 + [Verdict.ABUSE]


def test_who_slows_down_is_forgiven(advance: Advance) -> None:
    guard = RateLimit(per_second=1, burst=2, max_refused=3)
    judge(guard, 4)
    advance(60)
    assert judge(guard, 5) == [Verdict.FINE] * 2 + [Verdict.TOO_MANY] * 3


def test_a_client_that_goes_on_at_fifty_times_the_rate_is_found_out(advance: Advance) -> None:
    guard = RateLimit(per_second=100, burst=200)
    verdicts = set()
    for _ in range(60 * 5_000):
        advance(1 / 5_000)
        verdicts.add(guard.judge())
    assert Verdict.ABUSE in verdicts
