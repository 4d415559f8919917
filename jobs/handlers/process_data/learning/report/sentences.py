"""Say in plain words what a model learned from, and what to be careful about."""

import math
from collections.abc import Sequence
from typing import Any

from jobs.handlers.process_data.learning.report.style import format_number, format_share, shorten

_FEW_ROWS, _FEW_TEST_ROWS = 200, 50
_NAMED, _NOTICEABLE = 3, 0.02
_NEARLY_ALL = 0.95
_GOOD_SCORE = 0.9
_MAX_NAME = 60
_REASONS = {
    "constant": "the same value in every row",
    "empty": "empty",
    "nested": "nested values",
    "identifier": "different in every row, as an identifier is",
}


def say_importances(found: Sequence[dict[str, Any]], measure: str) -> str:
    """Say what the importances mean: the loss in ``measure`` when a column is shuffled."""
    least = max((_NOTICEABLE * item["importance"] for item in found), default=0.0)
    telling = [item for item in found if item["importance"] > max(0.0, least)]
    if not telling:
        return f"No column matters by itself: {measure} does not fall when the values of any one of them are shuffled."
    first, *others = telling[:_NAMED]
    text = f"{_name(first)} matters most: when its values are shuffled, {measure} falls by {_loss(first)}"
    if others:
        text += ", with " + " and with ".join(f"{_name(item)} by {_loss(item)}" for item in others)
    if rest := len(found) - 1 - len(others):
        which = "The other column counts" if rest == 1 else f"The other {rest:,} columns count"
        text += f". {which} for {'less than that' if len(telling) > _NAMED else 'next to nothing'}"
    return f"{text}."


def warn_of_few_rows(training_rows: int, test_rows: int) -> list[str]:
    if training_rows + test_rows < _FEW_ROWS or test_rows < _FEW_TEST_ROWS:
        step = format_share(1 / test_rows) if test_rows else "–"
        return [
            f"Few rows: {training_rows:,} to learn from and {test_rows:,} for the test, so one test row more or less "
            f"that is right changes the share by {step}. With other rows the scores can be quite different."
        ]
    return []


def warn_of_few_rows_in_all(rows: int) -> list[str]:
    if rows >= _FEW_ROWS:
        return []
    return [f"Few rows: there are {rows:,}. With a few rows more or less the outcome can be quite different."]


def warn_of_chance(accuracy: float, baseline: float, test_rows: int) -> list[str]:
    """Warn if the difference to the baseline is within two standard errors."""
    error = math.sqrt(max(baseline * (1 - baseline), 0.0) / test_rows) if test_rows else 0.0
    if not 0 < accuracy - baseline < 2 * error:
        return []
    return [f"The difference to the baseline may be chance: the test has {test_rows:,} rows only."]


def warn_of_one_column(found: Sequence[dict[str, Any]], score: float | None, leaks: Sequence[str]) -> list[str]:
    """Warn if one column explains nearly everything, unless it is warned of as a leak."""
    total = sum(max(0.0, item["importance"]) for item in found)
    if len(found) < 2 or score is None or score < _GOOD_SCORE or found[0]["importance"] < _NEARLY_ALL * total:
        return []
    if found[0]["column"] in leaks:
        return []
    return [
        f"Nearly everything comes from {_name(found[0])}. Check that it is known before the target is: if it is filled "
        "in later or computed from it, the scores will not hold."
    ]


def warn_of_imbalance(classes: Sequence[dict[str, Any]], rarest: int) -> list[str]:
    """Warn of a rare class. ``classes``: descriptions with ``test_rows`` and ``recall``."""
    one, rows = classes[rarest], sum(item["test_rows"] for item in classes)
    found = "none to find" if one["recall"] is None else f"{round(one['recall'] * one['test_rows']):,} were found"
    return [
        f"'{shorten(one['class'], _MAX_NAME)}' is rare: {one['test_rows']:,} of {rows:,} test rows, of which {found}. "
        "The share of right answers says little about it; look at its precision and recall."
    ]


def warn_of_dropped(dropped: int, target: str) -> list[str]:
    if not dropped:
        return []
    return [f"{dropped:,} rows without '{shorten(target, _MAX_NAME)}' were left out, of learning and of the output."]


def say_left_out(left_out: Sequence[Any]) -> list[str]:
    """Say which columns were not learned from. ``left_out``: items with ``name`` and ``why``."""
    if not left_out:
        return []
    named = [f"'{shorten(item['name'], _MAX_NAME)}' ({_REASONS.get(item['why'], item['why'])})" for item in left_out]
    more = f" and {len(named) - 5:,} more" if len(named) > 5 else ""
    return [f"Not learned from: {', '.join(named[:5])}{more}."]


def _name(item: dict[str, Any]) -> str:
    return f"'{shorten(item['column'], _MAX_NAME)}'"


def _loss(item: dict[str, Any]) -> str:
    return format_number(item["importance"], 3)
