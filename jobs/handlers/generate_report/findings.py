"""Say in two sentences what a report shows: the largest category, and the change against the time before."""

from decimal import Decimal

from jobs.handler import format_counted
from jobs.handlers.generate_report.figures.breakdowns import NO_NAME, Breakdown
from jobs.handlers.generate_report.figures.report import Figures, Previous
from jobs.handlers.generate_report.figures.tallies import Tally, change_of, round_amount
from jobs.handlers.generate_report.wording import Words, inside

_MAX_NAME = 80


def find_sentences(figures: Figures, words: Words) -> list[str]:
    """Return the sentences; none if there are no records."""
    whole = figures.whole
    if not whole.records:
        return []
    if not whole.with_value:
        none = "The one record has no" if whole.records == 1 else f"None of the {whole.records:,} records has a"
        return [f"{none} value, so there is nothing to add up."]
    return [_say_largest(figures.categories, whole, words), _say_change(figures, words)]


def _say_largest(categories: Breakdown, whole: Tally, words: Words) -> str:
    kind = inside(words.category)
    ((name, *_), largest), *others = categories.groups
    total = words.amount(largest.total)
    if categories.count == 1:
        who = f"No record has a {kind}" if name == NO_NAME else f"All records are of one {kind}, {_quote(name)}"
        return f"{who}: {total} in {format_counted(whole.records, 'record')}."
    equal = [labels[0] for labels, tally in others if tally.exact_total == largest.exact_total]
    if equal:
        more = _quote(equal[0]) if len(equal) == 1 else f"{len(equal):,} more"
        return f"{_quote(name)} and {more} are the largest by {kind}, with {total} each."
    who = f"The largest part has no {kind}" if name == NO_NAME else f"{_quote(name)} is the largest {kind}"
    if largest.exact_total <= 0 or any(tally.exact_total < 0 for _, tally in [*others, ((), categories.others)]):
        # Parts of a sum with negative ones are no shares of it.
        return f"{who}, with {total}; all together are {words.amount(whole.total)}."
    share = largest.exact_total / whole.exact_total * 100
    return f"{who}: {total}, which is {_percent(share)} of {words.amount(whole.total)}."


def _say_change(figures: Figures, words: Words) -> str:
    if figures.previous:
        return _say_previous(figures.whole, figures.previous, words)
    whole = [(period, tally) for period, tally in figures.periods if not period.is_partial]
    if len(whole) >= 2:
        (before, earlier), (now, later) = whole[-2:]
        compared = _compare(later.exact_total, earlier.exact_total, before.label, words)
        return f"The total of {now.label} is {compared}."
    if len(figures.periods) >= 2:
        period, tally = max(figures.periods, key=lambda pair: pair[1].exact_total)
        return f"The highest was {period.label}, with {words.amount(tally.total)}."
    average = words.amount(figures.whole.average)
    if figures.whole.with_value == 1:
        return f"The one value is {average}."
    return f"The average of the {figures.whole.with_value:,} values is {average}."


def _say_previous(now: Tally, previous: Previous, words: Words) -> str:
    when = f"the {previous.kind[:1].lower()}{previous.kind[1:]}"
    before = previous.whole
    if not before.records:
        return f"There is nothing to compare with: {when} ({previous.days.label}) has no records."
    return f"The total is {_compare(now.exact_total, before.exact_total, when, words)}."


def _compare(now: Decimal, before: Decimal, when: str, words: Words) -> str:
    """Return such as "90.00 CHF, 10.0 % less than Jan 2025 (100.00 CHF)"."""
    shown, earlier = words.amount(round_amount(now)), words.amount(round_amount(before))
    if now == before:
        return f"{shown}, the same as in {when}"
    way, apart = ("more" if now > before else "less"), words.amount(round_amount(abs(now - before)))
    change = change_of(before, now)
    if change is None or before < 0 or now < 0:
        # Percent of nothing, or of a negative sum, would mislead.
        return f"{shown}, {apart} {way} than in {when} ({earlier})"
    if abs(change) < Decimal("0.1"):
        return f"{shown}, nearly the same as in {when} ({earlier})"
    return f"{shown}, {abs(change):,.1f} % {way} than in {when} ({earlier})"


def _percent(share: Decimal) -> str:
    if share > Decimal("99.9") and share != 100:
        return "more than 99.9 %"
    return "less than 0.1 %" if 0 < share < Decimal("0.1") else f"{share:,.1f} %"


def _quote(name: str) -> str:
    short = name if len(name) <= _MAX_NAME else name[: _MAX_NAME - 1].rstrip() + "…"
    return f"'{short}'"
