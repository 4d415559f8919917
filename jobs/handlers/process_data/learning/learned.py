"""What learning hands back."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Learned:
    """A fitted model's predictions and what they are worth."""

    output: pd.DataFrame
    """The rows that were kept, in their order, with the columns of the prediction behind their own."""
    dropped: int
    """Rows left out, because their target is missing."""
    metrics: dict[str, Any]
    """JSON; see docs/learning.md."""
    baseline: dict[str, Any]
    """The same metrics for a prediction that looks at no feature."""
    model_name: str
    model_version: str
    details: dict[str, Any]
    """JSON: candidates, columns, classes, importances …"""
    model_bytes: bytes | None
    """A skops file for ``model_file.load_model``."""
    report_pdf: Callable[[Path], None]
    """Writes one page."""
