"""Encode all rows for clustering and anomaly detection, which have no target."""

from typing import Any

import pandas as pd

from jobs.handler import Permanent
from jobs.handlers.process_data.learning.features.columns import Column, used
from jobs.handlers.process_data.learning.features.encoding import make_encoder
from jobs.handlers.process_data.learning.features.selection import feature_names, infer_columns
from jobs.handlers.process_data.learning.features.target import MIN_ROWS
from jobs.handlers.process_data.learning.features.typed_frame import typed_frame
from jobs.handlers.process_data.learning.options import LearningOptions
from jobs.handlers.process_data.learning.steps import Steps


def encode_all(frame: pd.DataFrame, options: LearningOptions, steps: Steps) -> tuple[tuple[Column, ...], Any, Any]:
    """Return the columns, the fitted encoder, and the features of every row."""
    if len(frame) < MIN_ROWS:
        raise Permanent(f"There are {len(frame):,} rows; at least {MIN_ROWS} are needed")
    steps.preprocessing(1, 1, f"{len(frame):,} rows to learn from", rows=len(frame))
    # Groups that a target or label defines would only be found again.
    names = feature_names(frame, options, without=(options.label, options.target))
    columns = infer_columns(frame, names, options, steps)
    encoder = make_encoder(used(columns), rows=len(frame), target="none", scaled=True, seed=options.seed)
    steps.check()
    return columns, encoder, encoder.fit_transform(typed_frame(frame, used(columns)))
