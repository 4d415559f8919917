import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.frame.bars import Bar, as_text, judge
from benchmarks.frame.tables import verdict
from benchmarks.results import Row
from benchmarks.scenarios.requests import BESIDE, bars_of, loads

OURS = Row("n100", "Streamer", {"requests/s": 57.0, "lost": 0.0})
THEIRS = Row("n100", "peer", {"requests/s": 60.0})


@given(ours=st.floats(0.1, 1000), theirs=st.floats(0.1, 1000), share=st.sampled_from([0.4, 0.95, 2.0]))
def test_a_bar_beside_a_peer_is_a_share_of_its_figure(ours: float, theirs: float, share: float) -> None:
    row, peer = Row("n100", "Streamer", {"x": ours}), Row("n100", "peer", {"x": theirs})
    assert judge(row, [Bar("x", ">=", share, "peer")], [peer]).below is (ours < share * theirs)
    assert judge(row, [Bar("x", "<=", share, "peer")], [peer]).below is (ours > share * theirs)


def test_the_words_tell_which_bar_was_missed() -> None:
    judged = judge(OURS, [Bar("requests/s", ">=", 1, "peer"), Bar("lost", "<=", 0)], [THEIRS])
    assert judged.below
    assert judged.bar == "requests/s >= 60 (1 x peer) (missed); lost <= 0"
    assert verdict(judged) == "missed: requests/s >= 60 (1 x peer)"


def test_a_row_that_reaches_all_says_so_and_one_without_bars_says_nothing() -> None:
    assert verdict(judge(OURS, [Bar("requests/s", ">=", 0.95, "peer")], [THEIRS])) == "reached"
    assert verdict(OURS) == ""


def test_a_peer_is_compared_in_the_same_scenario_alone() -> None:
    elsewhere = Row("n300", "peer", {"requests/s": 600.0})
    assert judge(OURS, [Bar("requests/s", ">=", 1, "peer")], [elsewhere]) == OURS


@pytest.mark.parametrize("figures", [{}, {"requests/s": math.nan}])
def test_a_figure_that_was_not_measured_misses_no_bar(figures: dict[str, float]) -> None:
    assert not judge(Row("n100", "Streamer", figures), [Bar("requests/s", ">=", 10)]).below


def test_loads_have_the_bars_that_were_promised() -> None:
    short = {load.name: load for load in loads(is_full=False)}

    def bar(name: str, figure: str, *, is_postgresql: bool = False) -> Bar:
        (found,) = (one for one in bars_of(short[name], is_postgresql=is_postgresql) if one.figure == figure)
        return found

    for name in ("n30", "n100", "n300"):
        assert bar(name, "requests/s") == Bar("requests/s", ">=", 0.95, BESIDE)
        assert bar(name, "requests/s", is_postgresql=True).number == 0.85
        assert bar(name, "CPU ms/request") == Bar("CPU ms/request", "<=", 15)
    assert bar("no pauses", "requests/s").number == 0.4
    assert bar("rapid loop", "fewer updates %").number == 80
    assert all(bar(name, "lost").number == 0 and bar(name, "memory MB").number == 900 for name in short)


@pytest.mark.parametrize(
    ("figure", "text"),
    [(0.0, "0"), (0.123, "0.12"), (12.34, "12.3"), (20.0, "20"), (1234.5, "1,234"), (math.nan, "-")],
)
def test_figures_are_written_with_the_digits_that_mean_something(figure: float, text: str) -> None:
    assert as_text(figure) == text
