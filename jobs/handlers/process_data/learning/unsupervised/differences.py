"""Find the columns in which some rows differ most from all rows, and say so with values."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from jobs.handlers.process_data.learning.features import values
from jobs.handlers.process_data.learning.features.columns import Column, Kind
from jobs.handlers.process_data.learning.report.style import format_share, format_short, shorten

_MAX_COLUMNS, _MAX_NAMED = 50, 4
_MIN_GROUP_EFFECT, _MIN_ROW_EFFECT = 0.25, 2.0
"""In standard deviations of the column over all rows."""
_MAX_NAME, _MAX_VALUE = 40, 30


@dataclass(frozen=True, kw_only=True)
class Difference:
    column: str
    effect: float
    """The size of the difference in standard deviations, at least 0."""
    text: str


class Whole:
    """All rows, to compare some of them with. Columns of numbers and of categories are looked at, the first fifty."""

    def __init__(self, frame: pd.DataFrame, columns: tuple[Column, ...]) -> None:
        self._numbers: dict[str, Any] = {}
        self._labels: dict[str, pd.Series[Any]] = {}
        for column in columns[:_MAX_COLUMNS]:
            if column.kind is Kind.NUMBER:
                self._numbers[column.name] = values.numbers(frame[column.name])
            elif column.kind in (Kind.CATEGORY, Kind.BOOLEAN):
                self._labels[column.name] = pd.Series(values.labels(frame[column.name]))

    def of_group(self, members: Any) -> list[Difference]:
        """Return the differences of the rows in ``members`` (booleans), the largest first."""
        found = [
            one
            for name, numbers in self._numbers.items()
            if (one := _compare_numbers(name, numbers, members)) is not None
        ]
        found += [one for name, labels in self._labels.items() if (one := _compare_labels(name, labels, members))]
        return _largest(found, _MIN_GROUP_EFFECT)

    def of_row(self, row: int) -> list[Difference]:
        """Return what is unusual about one row, the most unusual first."""
        found = []
        for name, numbers in self._numbers.items():
            value, spread = numbers[row], np.nanstd(numbers) if not np.isnan(numbers).all() else 0.0
            if np.isfinite(value) and spread > 0:
                typical = float(np.nanmedian(numbers))
                text = f"{_name(name)} is {format_short(float(value))}, typically {format_short(typical)}"
                found.append(Difference(column=name, effect=abs(value - np.nanmean(numbers)) / spread, text=text))
        for name, labels in self._labels.items():
            if (label := labels.iloc[row]) is not None:
                share = float((labels == label).mean())
                text = f"{_name(name)} is '{shorten(label, _MAX_VALUE)}', as in {format_share(share)} of the rows"
                found.append(Difference(column=name, effect=_spread_of_rare(share), text=text))
        return _largest(found, _MIN_ROW_EFFECT)


def _compare_numbers(name: str, numbers: Any, members: Any) -> Difference | None:
    inside = numbers[members]
    if np.isnan(inside).all() or not (spread := float(np.nanstd(numbers))) > 0:
        return None
    own, whole = float(np.nanmedian(inside)), float(np.nanmedian(numbers))
    shift = float(np.nanmean(inside) - np.nanmean(numbers)) / spread
    if own == whole or (own > whole) != (shift > 0):  # medians would not show the difference
        own, whole = float(np.nanmean(inside)), float(np.nanmean(numbers))
        kind = "mean"
    else:
        kind = "median"
    how = "higher" if shift > 0 else "lower"
    text = f"{_name(name)} is {how}: {kind} {format_short(own)}, of all rows {format_short(whole)}"
    return Difference(column=name, effect=abs(shift), text=text)


def _compare_labels(name: str, labels: "pd.Series[Any]", members: Any) -> Difference | None:
    whole = labels.value_counts() / len(labels)
    own = labels[members].value_counts() / max(1, int(members.sum()))
    apart = own.reindex(whole.index, fill_value=0.0) - whole
    if apart.empty:
        return None
    label = apart.abs().idxmax()
    share, usual = float(own.get(label, 0.0)), float(whole[label])
    spread = np.sqrt(usual * (1 - usual))
    if not spread > 0:
        return None
    how = "more often" if share > usual else "less often"
    shown = f"{format_share(share)} of its rows, {format_share(usual)} of all"
    text = f"{_name(name)} is {how} '{shorten(label, _MAX_VALUE)}': {shown}"
    return Difference(column=name, effect=abs(share - usual) / spread, text=text)


def _spread_of_rare(share: float) -> float:
    """Return how many standard deviations a value of this share is away from the mean of its indicator."""
    return float(np.sqrt((1 - share) / share)) if share > 0 else 0.0


def _largest(found: list[Difference], least: float) -> list[Difference]:
    telling = [one for one in found if one.effect >= least]
    return sorted(telling, key=lambda one: -one.effect)[:_MAX_NAMED]


def _name(column: str) -> str:
    return f"'{shorten(column, _MAX_NAME)}'"
