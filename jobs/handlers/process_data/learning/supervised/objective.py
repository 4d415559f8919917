"""Decide what a classification optimises: the measure that models are chosen by, and how a row gets its class."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from jobs.handlers.process_data.learning.features.target import Target
from jobs.handlers.process_data.learning.options import Optimise

IMBALANCE_RATIO = 3
"""Classes are unbalanced from this ratio on, between the rows of the commonest and the rarest class."""
_NAMES = {
    "f1_macro": "F1 (mean of the classes)",
    "average_precision": "average precision",
    "balanced_accuracy": "balanced accuracy",
}


@dataclass(frozen=True, kw_only=True)
class Objective:
    metric: str
    """The metric that selects the best candidate; higher is better."""
    rarest: int
    """The number of the rarest class."""
    class_weights: tuple[float, ...] | None
    """Factors of the probabilities in the choice of a row's class. None: the most probable class is chosen."""
    is_imbalanced: bool
    sentence: str
    """The objective in words, for people."""


def find_objective(target: Target, optimise: Optimise) -> Objective:
    counts = np.bincount(target.y)
    rarest = int(counts.argmin())
    ratio = counts.max() / counts.min()
    is_imbalanced = bool(ratio >= IMBALANCE_RATIO)
    if optimise == "balanced_accuracy":
        metric, weights = "balanced_accuracy", tuple(float(f"{len(target.y) / count:.9g}") for count in counts)
    else:
        # F1 needs classes that are predicted; a rare one may never be the most probable.
        metric, weights = "average_precision" if is_imbalanced else "f1_macro", None
    return Objective(
        metric=metric,
        rarest=rarest,
        class_weights=weights,
        is_imbalanced=is_imbalanced,
        sentence=_sentence(metric, weights is None, ratio if is_imbalanced else None, target.classes, rarest),
    )


def _sentence(
    metric: str, takes_most_probable: bool, ratio: float | None, classes: tuple[Any, ...], rarest: int
) -> str:
    measure = _NAMES[metric]
    if metric == "average_precision":
        measure += f" of '{classes[rarest]}'" if len(classes) == 2 else " (mean of the classes)"
    because = "" if ratio is None else f", since the commonest class has {ratio:,.0f} times the rows of the rarest"
    rule = (
        "Each row gets its most probable class, which optimises accuracy"
        if takes_most_probable
        else "Each row gets the class whose probability is the most times its share, which optimises balanced accuracy"
    )
    return f"The model was chosen by {measure} in cross-validation{because}. {rule}; probabilities are calibrated."
