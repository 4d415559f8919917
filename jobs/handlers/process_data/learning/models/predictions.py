"""The rows with their predictions, made piece by piece so that a long table can be stopped."""

from typing import Any

import numpy as np
import pandas as pd

from jobs.handlers.process_data.learning.features.columns import Column
from jobs.handlers.process_data.learning.models.model import Model, attach
from jobs.handlers.process_data.learning.steps import Steps

_CHUNK_ROWS = 20_000


def predict_all(model: Model, frame: pd.DataFrame, steps: Steps) -> pd.DataFrame:
    """The columns of the prediction for every row of ``frame``."""
    chunks = []
    for start in range(0, len(frame), _CHUNK_ROWS):
        steps.check()
        chunks.append(model.predict(frame.iloc[start : start + _CHUNK_ROWS]))
    return pd.concat(chunks, ignore_index=True)


def with_predictions(frame: pd.DataFrame, predicted: pd.DataFrame, test: Any = None) -> pd.DataFrame:
    """``test``: positions of the rows the model has not seen; ``part`` then says so of each row."""
    if test is not None:
        parts = np.full(len(frame), "training", dtype=object)
        parts[test] = "test"
        predicted = predicted.assign(part=parts)
    return attach(frame, predicted)


def describe_columns(columns: tuple[Column, ...]) -> dict[str, Any]:
    """JSON: what was learned from, and what was left out and why."""
    return {
        "columns": [column.as_json() for column in columns if column.is_used],
        "left_out": [{"name": column.name, "why": column.kind.value} for column in columns if not column.is_used],
    }
