"""Define the options of learning. Light to import."""

from dataclasses import dataclass
from typing import Literal

Rare = Literal["group", "drop", "fail"]
Optimise = Literal["accuracy", "balanced_accuracy"]


@dataclass(frozen=True, kw_only=True)
class LearningOptions:
    """The options that, with the rows, determine the outcome: the same rows and options give the same numbers."""

    target: str | None = None
    """The column to predict; classification and regression need it."""
    features: tuple[str, ...] | None = None
    """The columns to learn from. None: all but target and label."""
    test_size: float = 0.2
    """The share of the rows in the test part, above 0 and below 1."""
    seed: int = 0
    optimise: Optimise = "accuracy"
    """The rule that gives a row its class: the most probable one, or the one most probable for its share."""
    rare: Rare = "fail"
    """Classes of fewer than three rows are put together, are left out with their rows, or end the request."""
    confidence_threshold: float | None = None
    """Predictions below it (0–1) are marked as uncertain. None: no prediction is."""
    max_iterations: int = 200
    """The limit of iterations, trees or boosting rounds of one fit."""
    n_clusters: int | None = None
    """The number of clusters. None: the number with the best silhouette."""
    contamination: float = 0.05
    """The share of rows to be marked as anomalies, above 0 and at most 0.5."""
    label: str | None = None
    """A column that marks known anomalies. It is never learned from, only compared with."""
