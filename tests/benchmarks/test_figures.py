import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.frame.figures import LOST, median_figures, percentile, request_figures

NUMBERS = st.floats(0, 1e6)


@given(st.lists(NUMBERS, min_size=1), st.floats(1, 100))
def test_a_percentile_is_a_value_that_as_many_percent_do_not_exceed(values: list[float], percent: float) -> None:
    found = percentile(values, percent)
    assert found in values
    assert sum(value <= found for value in values) >= len(values) * percent / 100 * (1 - 1e-9)
    assert sum(value < found for value in values) < len(values) * percent / 100


def test_no_values_have_no_percentile() -> None:
    assert math.isnan(percentile([], 50))


def test_rounds_are_joined_by_median_and_what_was_lost_is_added_up() -> None:
    rounds = [{"p50 ms": 1.0, LOST: 1.0}, {"p50 ms": 9.0, LOST: 0.0}, {"p50 ms": 2.0, LOST: 1.0}]
    assert median_figures(rounds) == {"p50 ms": 2.0, LOST: 2.0}


def test_a_round_without_a_figure_does_not_spoil_it() -> None:
    assert median_figures([{"p50 ms": math.nan}, {"p50 ms": 3.0}, {}]) == {"p50 ms": 3.0}


def test_the_times_of_requests_become_figures() -> None:
    # Sent, acknowledged, first update, end, updates.
    requests = [[10.0, 10.01, 10.03, 11.0, 2], [10.0, 10.03, 10.04, 12.0, 2]]
    figures = request_figures({"requests": requests, "latencies_ms": [1.0, 2.0, 3.0, 40.0]}, updates=2, sends_all=True)
    assert figures["requests/s"] == pytest.approx(1.0)
    assert figures["ack p50 ms"] == pytest.approx(10)
    assert figures["ack p99 ms"] == pytest.approx(30)
    assert figures["ack to first p50 ms"] == pytest.approx(10)
    assert (figures["emit p50 ms"], figures["emit p99 ms"]) == (2.0, 40.0)
    assert (figures["updates"], figures[LOST]) == (2.0, 0.0)


@pytest.mark.parametrize(("sends_all", "lost"), [(True, 1 + 3 + 1), (False, 1)])
def test_what_is_missing_or_comes_twice_is_lost(sends_all: bool, lost: int) -> None:
    requests = [[1.0, 1.1, 1.2, 0.0, 2], [1.0, 1.1, 1.2, 2.0, 6]]  # one never ends, and misses three of five
    figures = request_figures({"requests": requests, "latencies_ms": []}, updates=5, sends_all=sends_all)
    assert figures[LOST] == lost


def test_clocks_of_two_machines_are_not_compared() -> None:
    requests = [[1.0, 1.1, 1.2, 2.0, 1]]
    figures = request_figures(
        {"requests": requests, "latencies_ms": [-5000.0]}, updates=1, sends_all=True, same_clock=False
    )
    assert math.isnan(figures["emit p50 ms"])
