import pytest

from jobs.sweeper import outage as patience_module
from jobs.sweeper.outage import GAP_SECONDS, SETTLE_SECONDS, Patience


def test_it_works() -> None:
    patience = Patience(100.0)
    assert not patience.holds(101.0)
    patience.swept(101.0)
    back_at = 102.0 + GAP_SECONDS
    assert patience.holds(back_at - 0.5), "the database is still away"
    assert patience.holds(back_at)
    patience.swept(back_at)
    assert patience.holds(back_at + SETTLE_SECONDS - 0.1)
    assert not patience.holds(back_at + SETTLE_SECONDS)
    patience.swept(back_at + SETTLE_SECONDS)
    assert patience.holds(back_at + SETTLE_SECONDS + GAP_SECONDS + 1), "it happened again"


def test_usual_pauses_between_sweeps_are_no_gap() -> None:
    patience = Patience(0.0)
    for number in range(1, 20):
        now = number * GAP_SECONDS
        assert not patience.holds(now)
        patience.swept(now)


def test_one_that_never_sweeps_in_time_waits_only_every_other_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience_module, "SETTLE_SECONDS", 1.0)
    patience, held = Patience(0.0), []
    for number in range(1, 7):
        now = number * 2 * GAP_SECONDS
        held.append(patience.holds(now))
        patience.swept(now)
    assert held == [True, False] * 3
