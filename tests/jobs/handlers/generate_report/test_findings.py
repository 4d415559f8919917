"""The two sentences at the top: true whatever the figures."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, strategies

from jobs.handlers.generate_report.comparison import Days
from jobs.handlers.generate_report.figures.breakdowns import NO_NAME, Breakdown
from jobs.handlers.generate_report.figures.report import Figures, Previous
from jobs.handlers.generate_report.figures.tallies import Tally, add_up
from jobs.handlers.generate_report.findings import find_sentences
from jobs.handlers.generate_report.periods import cut_into_periods
from jobs.handlers.generate_report.wording import Words

FIRST, LAST = date(2025, 1, 1), date(2025, 3, 31)
CHF = Words(unit="CHF", is_money=True)


def tally(total: str | Decimal, records: int = 2) -> Tally:
    return Tally(records=records, with_value=records, exact_total=Decimal(total))


def figures(groups: dict[str, str], months: tuple[str, str, str] | None = None, before: str | None = None) -> Figures:
    named = sorted((((name,), tally(total)) for name, total in groups.items()), key=lambda group: -group[1].exact_total)
    whole = add_up(part for _, part in named)
    totals = months or (str(whole.exact_total), "0", "0")
    periods = list(cut_into_periods(FIRST, LAST, "month"))
    days = Days(first=date(2024, 1, 1), last=date(2024, 3, 31))
    earlier = Tally() if before == "none" else tally(before or "0")
    return Figures(
        whole=whole,
        periods=[(period, tally(total)) for period, total in zip(periods, totals, strict=True)],
        categories=Breakdown(columns=("kind",), groups=named, count=len(named), others=Tally()),
        regions=None,
        sources=None,
        groups=None,
        previous=None if before is None else Previous(kind="Previous year", days=days, whole=earlier, periods=[]),
    )


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        (
            {"Tea": "30", "Coffee": "60", "Cocoa": "10"},
            "'Coffee' is the largest category: 60.00 CHF, which is 60.0 % of",
        ),
        ({"Tea": "30"}, "All records are of one category, 'Tea': 30.00 CHF in 2 records."),
        ({NO_NAME: "30"}, "No record has a category: 30.00 CHF in 2 records."),
        ({NO_NAME: "30", "Tea": "1"}, "The largest part has no category: 30.00 CHF"),
        ({"Tea": "30", "Coffee": "30"}, "'Tea' and 'Coffee' are the largest by category, with 30.00 CHF each."),
        ({"Tea": "30", "Coffee": "-10"}, "'Tea' is the largest category, with 30.00 CHF; all together are 20.00 CHF."),
        ({"Tea": "-1", "Coffee": "-10"}, "'Tea' is the largest category, with −1.00 CHF; all together are −11.00 CHF."),
    ],
)
def test_the_largest_category(groups: dict[str, str], expected: str) -> None:
    assert find_sentences(figures(groups), CHF)[0].startswith(expected)


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("80", "The total is 100.00 CHF, 25.0 % more than in the previous year (80.00 CHF)."),
        ("200", "The total is 100.00 CHF, 50.0 % less than in the previous year (200.00 CHF)."),
        ("100", "The total is 100.00 CHF, the same as in the previous year."),
        ("99.999", "The total is 100.00 CHF, nearly the same as in the previous year (100.00 CHF)."),
        ("0", "The total is 100.00 CHF, 100.00 CHF more than in the previous year (0.00 CHF)."),
        ("-100", "The total is 100.00 CHF, 200.00 CHF more than in the previous year (−100.00 CHF)."),
        ("none", "There is nothing to compare with: the previous year (1 Jan 2024 – 31 Mar 2024) has no records."),
    ],
)
def test_the_change_against_the_time_before(before: str, expected: str) -> None:
    assert find_sentences(figures({"Tea": "60", "Coffee": "40"}, before=before), CHF)[1] == expected


def test_without_a_comparison_it_is_the_last_period_against_the_one_before() -> None:
    sentences = find_sentences(figures({"Tea": "60", "Coffee": "40"}, ("50", "20", "30")), Words())
    assert sentences[1] == "The total of Mar 2025 is 30.00, 50.0 % more than in Feb 2025 (20.00)."


def test_nothing_is_said_of_no_records() -> None:
    assert find_sentences(figures({}), Words()) == []


AMOUNTS = strategies.decimals(-(10**12), 10**12, places=2, allow_nan=False)


@given(
    groups=strategies.dictionaries(strategies.text(min_size=1, max_size=200), AMOUNTS, max_size=5),
    before=strategies.none() | AMOUNTS.map(str) | strategies.just("none"),
    months=strategies.tuples(AMOUNTS, AMOUNTS, AMOUNTS),
)
def test_any_figures_have_two_sentences(
    groups: dict[str, Decimal], before: str | None, months: tuple[Decimal, Decimal, Decimal]
) -> None:
    named = {name: str(amount) for name, amount in groups.items()}
    found = find_sentences(figures(named, tuple(map(str, months)), before), CHF)  # type: ignore[arg-type]
    assert len(found) == (2 if groups else 0)
    for sentence in found:
        assert sentence.endswith(".") and "−0.0 %" not in sentence and len(sentence) < 400
