"""Define the result of ``predict``."""

from typing import Any, Literal

from jobs.handler import FileResult, Result


class ModelUsed(Result):
    name: str
    task: Literal["classification", "regression", "clustering", "anomaly"]
    target: str | None
    metrics: dict[str, Any]


class PredictResult(Result):
    model: ModelUsed
    rows: int
    counts: dict[str, int]
    """Rows of each class or cluster, anomalies, and uncertain predictions."""
    ignored_columns: list[str]
    """Columns of the data that the model does not use."""
    unreadable_values: dict[str, int]
    """Column → values that could not be read as the model needs them."""
    preview: list[dict[str, Any]]
    """The first rows with their predictions: at most 100, and fewer where they are wide."""
    output: FileResult
    notes: list[str]
    """Sentences about what is easily overlooked."""
