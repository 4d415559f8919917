"""A fitted model, and how it predicts: the same code when it has just learned and when it was loaded from a file."""

import math
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from jobs.handlers.process_data.learning.features.columns import Column, used
from jobs.handlers.process_data.learning.features.target import ClassName
from jobs.handlers.process_data.learning.features.typed_frame import typed_frame

Task = Literal["classification", "regression", "clustering", "anomaly"]
TASKS: tuple[Task, ...] = ("classification", "regression", "clustering", "anomaly")
CERTAIN, UNCERTAIN = "certain", "uncertain"
_DIGITS = 6


@dataclass(frozen=True, kw_only=True)
class Model:
    """``pipeline`` is scikit-learn's; it takes what ``typed_frame`` makes of a user's rows."""

    task: Task
    name: str
    pipeline: Any
    columns: tuple[Column, ...]
    """All that there were when it learned, those too that are not used."""
    target: str | None = None
    classes: tuple[ClassName, ...] = ()
    confidence_threshold: float | None = None
    score_threshold: float | None = None
    """Anomalies score above it."""
    interval: float | None = None
    """Nine out of ten true values lay so close to the prediction of a fold that had not seen them."""
    metrics: dict[str, Any] = field(default_factory=dict)

    @property
    def used(self) -> tuple[Column, ...]:
        return used(self.columns)

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The columns of the prediction for rows of the user's. Every used column must be there."""
        typed = typed_frame(frame, self.used)
        if self.task == "classification":
            return self._classes(self.pipeline.predict_proba(typed))
        if self.task == "regression":
            return self._numbers(self.pipeline.predict(typed))
        if self.task == "clustering":
            return self._clusters(self.pipeline.transform(typed))
        return self.anomalies(-self.pipeline.score_samples(typed))

    def anomalies(self, scores: Any) -> pd.DataFrame:
        """The columns of the prediction for rows with these scores."""
        return pd.DataFrame({"anomaly": scores > self.score_threshold, "anomaly_score": scores.round(_DIGITS)})

    def _classes(self, probabilities: Any) -> pd.DataFrame:
        names = np.array(self.classes, dtype=object)
        predicted = pd.Series(names[probabilities.argmax(axis=1)]).infer_objects()
        return self._with_certainty({"prediction": predicted}, probabilities.max(axis=1))

    def _numbers(self, predicted: Any) -> pd.DataFrame:
        # Batches of other sizes are summed in another order: past twelve digits that would show.
        predicted = np.array([float(f"{value:.12g}") for value in predicted])
        data = {"prediction": predicted}
        if self.interval is not None and math.isfinite(self.interval):
            data |= {"prediction_low": predicted - self.interval, "prediction_high": predicted + self.interval}
        return pd.DataFrame(data)

    def _clusters(self, distances: Any) -> pd.DataFrame:
        ordered = np.sort(distances, axis=1)
        nearest, second = ordered[:, 0], ordered[:, 1]
        with np.errstate(invalid="ignore", divide="ignore"):
            confidence = np.where(second > 0, 1 - nearest / second, 0.0)
        data = {"cluster": distances.argmin(axis=1), "distance": nearest.round(_DIGITS)}
        return self._with_certainty(data, confidence)

    def _with_certainty(self, data: dict[str, Any], confidence: Any) -> pd.DataFrame:
        data["confidence"] = confidence.round(_DIGITS)
        if self.confidence_threshold is not None:
            data["certainty"] = np.where(confidence < self.confidence_threshold, UNCERTAIN, CERTAIN)
        return pd.DataFrame(data)


def attach(frame: pd.DataFrame, predicted: pd.DataFrame) -> pd.DataFrame:
    """The rows with their predictions behind them; a name that is taken gets an underscore."""
    taken = set(frame.columns)
    renamed = {}
    for name in predicted.columns:
        free = name
        while free in taken:
            free += "_"
        taken.add(free)
        renamed[name] = free
    return pd.concat([frame.reset_index(drop=True), predicted.rename(columns=renamed)], axis=1)
