"""Verdicts in plain words, true whatever the numbers."""

import re

import pytest
from hypothesis import given, strategies

from jobs.handlers.process_data.learning.report.verdicts import (
    judge_anomalies,
    judge_balanced_classes,
    judge_classes,
    judge_clusters,
    judge_numbers,
)

SHARES = strategies.floats(0, 1)


@pytest.mark.parametrize(
    ("accuracy", "baseline", "rows", "expected"),
    [
        (0.87, 0.74, 500, "Right in 87 of 100 cases; always answering 'no' would be right in 74."),
        (0.74, 0.74, 500, "No better than guessing: right in 74 of 100 cases, as always answering 'no' would be."),
        (0.7, 0.74, 500, "Worse than guessing: right in 70 of 100 cases; always answering 'no' would be right in 74."),
        (0.871, 0.869, 5000, "Right in 871 of 1,000 cases; always answering 'no' would be right in 869."),
        (0.999, 0.5, 5000, "Right in 999 of 1,000 cases; always answering 'no' would be right in 500."),
        (13 / 15, 11 / 15, 15, "Right in 13 of 15 test rows; always answering 'no' would be right in 11."),
    ],
)
def test_classes_are_judged_by_cases(accuracy: float, baseline: float, rows: int, expected: str) -> None:
    assert judge_classes(accuracy, baseline, rows=rows, commonest="no") == expected


def test_a_model_that_ranks_well_is_not_called_a_guess() -> None:
    text = judge_classes(0.95, 0.95, rows=500, commonest="no", ranking=(0.6, 0.05))
    assert "guessing" not in text and "average precision 0.60, by chance 0.05" in text


@given(accuracy=SHARES, baseline=SHARES, rows=strategies.integers(1, 10_000))
def test_a_guess_is_called_one_and_nothing_else_is(accuracy: float, baseline: float, rows: int) -> None:
    for text in (
        judge_classes(accuracy, baseline, rows=rows, commonest="no"),
        judge_balanced_classes(accuracy, baseline),
    ):
        assert ("guessing" in text) == (accuracy <= baseline)
        assert text[0].isupper() and text.endswith(".")


@pytest.mark.parametrize(
    ("r2", "expected"),
    [
        (0.0, "No better than guessing: R² 0.00;"),
        (-0.004, "No better than guessing: R² 0.00;"),
        (-0.2, "Worse than guessing: R² −0.20;"),
        (0.05, "Hardly better than guessing: R² 0.05;"),
        (0.63, "Explains 63 % of the differences in 'price' (R² 0.63):"),
        (0.9999, "Explains more than 99 % of"),
        (None, "The test has too few rows for R²:"),
    ],
)
def test_numbers_are_judged_by_what_is_explained(r2: float | None, expected: str) -> None:
    text = judge_numbers(r2, 6.077, 24.348, "price")
    assert text.startswith(expected)
    assert text.endswith("it is off by 6.08 on average; always answering the mean would be off by 24.3.")


@given(r2=strategies.floats(-1e6, 1), error=strategies.floats(0, 1e12))
def test_no_number_reads_as_minus_nothing(r2: float, error: float) -> None:
    text = judge_numbers(r2, error, error, "x")
    assert not re.search(r"[-−]0\.00\b", text) and "nan" not in text


@pytest.mark.parametrize(
    ("silhouette", "expected"),
    [(0.7, "clearly apart"), (0.3, "apart, with overlaps"), (0.1, "no clear"), (None, "few")],
)
def test_clusters_are_judged_by_their_silhouette(silhouette: float | None, expected: str) -> None:
    assert expected in judge_clusters(3, silhouette, 0.0)


def test_anomalies_are_judged_by_the_known_ones() -> None:
    assert "asked for, not found out" in judge_anomalies(20, 400)
    found = judge_anomalies(20, 400, known=10, recall=0.8, chance=0.1)
    assert found == (
        "8 of 10 known anomalies are among the 20 of 400 rows (5 %) that are marked; "
        "rows marked at random would hold 1."
    )
    assert judge_anomalies(20, 400, known=10, recall=0.1, chance=0.1).startswith("No better than guessing")
