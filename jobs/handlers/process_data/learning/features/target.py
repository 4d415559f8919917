"""Read the column to be predicted, and check that a model can learn it."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from jobs.handler import Permanent
from jobs.handlers.process_data.learning.features import values
from jobs.handlers.process_data.learning.features.rare_classes import MAX_CLASSES, fold_rare, shorten
from jobs.handlers.process_data.learning.options import Rare

MIN_ROWS = 10
ClassName = str | int | bool


@dataclass(frozen=True, kw_only=True)
class Target:
    """The target. ``rows``: positions of the rows that have one; ``y``: its values, as class numbers or as floats."""

    rows: values.Array
    y: values.Array
    classes: tuple[ClassName, ...] = ()
    notes: tuple[str, ...] = ()
    """Sentences for people about what became of rare classes."""


def read_classes(series: "pd.Series[Any]", rare: Rare = "fail") -> Target:
    """Read classes. They are compared as texts without spaces around them: 1, 1.0 and "1 " are one class."""
    labels = values.labels(series)
    folded = fold_rare(Counter(label for label in labels if label is not None), rare, series.name)
    labels = np.array([folded.names.get(label, label) for label in labels], dtype=object)
    rows = np.flatnonzero([label is not None for label in labels])
    found = labels[rows]
    counts = Counter(found)
    _require_rows(len(rows), series)
    if len(counts) == 1:
        raise Permanent(f"The target '{series.name}' is always '{shorten(found[0])}'; at least two classes are needed")
    if len(counts) > MAX_CLASSES:
        raise too_many_classes(series.name, f"{len(counts):,}")
    names, classes = _name_classes(series.iloc[rows], list(counts), has_group=folded.group is not None)
    numbered = {name: number for number, name in enumerate(names)}
    y = np.array([numbered[name] for name in found], dtype=np.int64)
    return Target(rows=rows, y=y, classes=classes, notes=folded.notes)


def too_many_classes(name: object, count: str) -> Permanent:
    return Permanent(
        f"The target '{name}' has {count} different values; at most {MAX_CLASSES} classes are possible. "
        "Use regression if they are numbers, or group them"
    )


def read_numbers(series: "pd.Series[Any]") -> Target:
    present = ~values.is_missing(series).to_numpy()
    numbers = values.numbers(series)
    rows = np.flatnonzero(~np.isnan(numbers))
    if present.sum() and len(rows) < 0.95 * present.sum() and not values.holds_numbers(series[present]):
        raise Permanent(
            f"The target '{series.name}' holds {present.sum() - len(rows):,} values that are not numbers; "
            "use classification, or another column"
        )
    _require_rows(len(rows), series)
    y = numbers[rows]
    if y.min() == y.max():
        raise Permanent(f"The target '{series.name}' is always {y[0]:g}; different values are needed")
    return Target(rows=rows, y=y)


def _require_rows(rows: int, series: "pd.Series[Any]") -> None:
    if rows < MIN_ROWS:
        raise Permanent(f"{rows:,} rows have a target '{series.name}'; at least {MIN_ROWS} are needed")


def _name_classes(
    present: "pd.Series[Any]", labels: list[str], *, has_group: bool
) -> tuple[list[str], tuple[ClassName, ...]]:
    """Return the sorted labels and the classes of predictions. Booleans and whole numbers keep their type.

    ``has_group``: one label stands for several classes, so all are texts.
    """
    if has_group:
        return sorted(labels), tuple(sorted(labels))
    if values.holds_booleans(present):
        return sorted(labels), tuple(label == "true" for label in sorted(labels))
    if values.holds_numbers(present):
        ordered = sorted(labels, key=float)
        whole = all(label.lstrip("-").isdigit() for label in ordered) and all(
            abs(int(label)) < 2**63 for label in labels
        )
        return ordered, tuple(int(label) for label in ordered) if whole else tuple(ordered)
    return sorted(labels), tuple(sorted(labels))
