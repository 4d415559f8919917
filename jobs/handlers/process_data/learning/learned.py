"""What a pipeline that learns gives back."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Learned:
    """``output`` has one row for each record that was kept, in the order of the source."""

    output: pd.DataFrame
    dropped: int
    """Records that are not in ``output``."""
    metrics: dict[str, Any]
    baseline: dict[str, Any]
    """The same metrics of the simplest guess."""
    model_name: str
    model_version: str
    details: dict[str, Any]
    model_bytes: bytes | None
    """The fitted model as a skops file."""
    report_pdf: Callable[[Path], None]
    """Writes the report to a path."""
