import pytest

from jobs.sweeper import outage
from jobs.sweeper.outage import GAP_SECONDS, SETTLE_SECONDS, OutageGrace


def test_it_works() -> None:
    grace = OutageGrace(100.0)
    assert not grace.holds(101.0)
    grace.swept(101.0)
    back_at = 102.0 + GAP_SECONDS
    assert grace.holds(back_at - 0.5), "the database is still away"
    assert grace.holds(back_at)
    grace.swept(back_at)
    assert grace.holds(back_at + SETTLE_SECONDS - 0.1)
    assert not grace.holds(back_at + SETTLE_SECONDS)
    grace.swept(back_at + SETTLE_SECONDS)
    assert grace.holds(back_at + SETTLE_SECONDS + GAP_SECONDS + 1), "it happened again"


def test_usual_pauses_between_sweeps_are_no_gap() -> None:
    grace = OutageGrace(0.0)
    for number in range(1, 20):
        now = number * GAP_SECONDS
        assert not grace.holds(now)
        grace.swept(now)


def test_one_that_never_sweeps_in_time_waits_only_every_other_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outage, "SETTLE_SECONDS", 1.0)
    grace, held = OutageGrace(0.0), []
    for number in range(1, 7):
        now = number * 2 * GAP_SECONDS
        held.append(grace.holds(now))
        grace.swept(now)
    assert held == [True, False] * 3


def test_a_clock_that_is_put_back_does_not_make_it_longer() -> None:
    grace = OutageGrace(100.0)
    grace.swept(400.0)  # the clock was put forward, which looks like a pause
    assert grace.holds(401.0)
    grace.swept(100.0)
    assert not grace.holds(100.0 + SETTLE_SECONDS)
