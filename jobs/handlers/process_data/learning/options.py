"""What a pipeline that learns can be told."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class LearningOptions:
    """Column names were found among the columns of the frame before."""

    target: str | None = None
    """The column to predict."""
    features: tuple[str, ...] | None = None
    """The columns to learn from. None: all but the target and the label."""
    test_size: float = 0.2
    """The share of the rows that is kept aside to measure on."""
    seed: int = 42
    confidence_threshold: float | None = None
    """Predictions that are less sure (0–1) are dropped. None: all are kept."""
    max_iterations: int | None = None
    n_clusters: int | None = None
    """None: the number that fits best is looked for."""
    contamination: float | None = None
    """The share of the rows that is expected to be out of the ordinary. None: it is estimated."""
    label: str | None = None
    """A column that says which rows are known to be anomalies, to measure against."""
