"""Predict all rows chunk by chunk, so that a long table can be cancelled, and describe the columns."""

from typing import Any

import numpy as np
import pandas as pd

from jobs.handlers.process_data.learning.features.columns import Column
from jobs.handlers.process_data.learning.models.model import Model, attach
from jobs.handlers.process_data.learning.steps import Steps

_CHUNK_ROWS = 20_000


def predict_all(model: Model, frame: pd.DataFrame, steps: Steps) -> pd.DataFrame:
    """Return the columns of the prediction for every row of ``frame``."""
    chunks = []
    for start in range(0, len(frame), _CHUNK_ROWS):
        steps.check()
        chunks.append(model.predict(frame.iloc[start : start + _CHUNK_ROWS]))
    return pd.concat(chunks, ignore_index=True)


def with_predictions(frame: pd.DataFrame, predicted: pd.DataFrame, test: Any = None) -> pd.DataFrame:
    """Append predictions to the rows. ``test``: positions of the test rows, for the column ``part``."""
    if test is not None:
        parts = np.full(len(frame), "training", dtype=object)
        parts[test] = "test"
        predicted = predicted.assign(part=parts)
    return attach(frame, predicted)


def describe_columns(columns: tuple[Column, ...]) -> dict[str, Any]:
    """Return JSON: the columns that were learned from, and those left out with the reason."""
    return {
        "columns": [column.as_json() for column in columns if column.is_used],
        "left_out": [{"name": column.name, "why": column.kind.value} for column in columns if not column.is_used],
    }
