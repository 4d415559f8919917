"""Define the result of learning."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from jobs.handlers.process_data.learning.models.model import Model
from jobs.handlers.process_data.learning.report.parts import Cover


@dataclass(frozen=True, kw_only=True)
class LearningResult:
    """A fitted model with its predictions and scores."""

    model: Model
    output: pd.DataFrame
    """The kept rows in their order, with the columns of the prediction appended."""
    rows: Any
    """Positions of these rows in the frame that was learned from."""
    dropped: int
    """Rows left out because their target is missing."""
    metrics: dict[str, Any]
    """JSON; see docs/reference/learning.md."""
    baseline: dict[str, Any]
    """The same metrics for a prediction that uses no feature."""
    model_version: str
    details: dict[str, Any]
    """JSON: candidates, columns, classes, importances …"""
    target_notes: Sequence[str] = ()
    """Sentences for people about classes of the rows that were learned from."""
    notes: Sequence[str] = ()
    """Sentences for people about what they might overlook."""
    model_bytes: bytes | None
    """A skops file for ``models.file.load_model``."""
    report_pdf: Callable[[Path, Cover], None]
    """Writes the report about the model."""
