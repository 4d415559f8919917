"""What learning hands back."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from jobs.handlers.process_data.learning.models.model import Model


@dataclass(frozen=True, kw_only=True)
class LearningResult:
    """A fitted model's predictions and what they are worth."""

    model: Model
    output: pd.DataFrame
    """The rows that were kept, in their order, with the columns of the prediction behind their own."""
    rows: Any
    """Positions of these rows among those it learned from."""
    dropped: int
    """Rows left out, because their target is missing."""
    metrics: dict[str, Any]
    """JSON; see docs/learning.md."""
    baseline: dict[str, Any]
    """The same metrics for a prediction that looks at no feature."""
    model_version: str
    details: dict[str, Any]
    """JSON: candidates, columns, classes, importances …"""
    model_bytes: bytes | None
    """A skops file for ``models.file.load_model``."""
    report_pdf: Callable[[Path], None]
    """Writes one page."""
