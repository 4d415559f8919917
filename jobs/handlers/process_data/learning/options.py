"""What a user may choose about learning. Light to import."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class LearningOptions:
    """All that, beside the rows, decides the outcome: the same options on the same rows give the same numbers."""

    target: str | None = None
    """The column to predict; classification and regression need it."""
    features: tuple[str, ...] | None = None
    """The columns to learn from. None: all but target and label."""
    test_size: float = 0.2
    """The share of the rows, above 0 and below 1, that is kept for the test."""
    seed: int = 0
    confidence_threshold: float | None = None
    """Predictions below it (0–1) are marked as uncertain. None: none is."""
    max_iterations: int = 200
    """The most iterations, trees or boosting rounds of one fit."""
    n_clusters: int | None = None
    """None: as many as give the best silhouette."""
    contamination: float = 0.05
    """The share of rows to be marked as anomalies, above 0 and at most 0.5."""
    label: str | None = None
    """A column that says which rows are known to be anomalies. Never learned from, only compared with."""
