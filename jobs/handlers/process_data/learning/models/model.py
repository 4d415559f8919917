"""Predict with a fitted model, in the same way whether it was just fitted or loaded from a file."""

import math
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pandas as pd

from jobs.handlers.process_data.learning.features.columns import Column, used
from jobs.handlers.process_data.learning.features.target import ClassName
from jobs.handlers.process_data.learning.features.typed_frame import typed_frame
from jobs.handlers.process_data.learning.models.calibration import Calibration, choose_classes

Task = Literal["classification", "regression", "clustering", "anomaly"]
TASKS: tuple[Task, ...] = ("classification", "regression", "clustering", "anomaly")
CERTAIN, UNCERTAIN = "certain", "uncertain"
_DIGITS = 6


@dataclass(frozen=True, kw_only=True)
class Model:
    """A fitted model. ``pipeline`` is scikit-learn's, and takes the ``typed_frame`` of a user's rows."""

    task: Task
    name: str
    pipeline: Any
    columns: tuple[Column, ...]
    """All columns of the training rows, including unused ones."""
    target: str | None = None
    classes: tuple[ClassName, ...] = ()
    calibration: Calibration | None = None
    """Corrects the probabilities of the pipeline. None: they stay as they are."""
    class_weights: tuple[float, ...] | None = None
    """Factors of the probabilities in the choice of a row's class. None: the most probable class is chosen."""
    confidence_threshold: float | None = None
    score_threshold: float | None = None
    """Rows with a higher score are anomalies."""
    interval: float | None = None
    """The distance from the prediction within which nine out of ten true values lay in cross-validation."""
    metrics: dict[str, Any] = field(default_factory=dict)

    @property
    def used(self) -> tuple[Column, ...]:
        return used(self.columns)

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the columns of the prediction for a user's rows, which must have every used column."""
        typed = typed_frame(frame, self.used)
        if self.task == "classification":
            return self._classes(self.probabilities(typed))
        if self.task == "regression":
            return self._numbers(self.pipeline.predict(typed))
        if self.task == "clustering":
            return self._clusters(self.pipeline.transform(typed))
        return self.anomalies(-self.pipeline.score_samples(typed))

    def probabilities(self, typed: pd.DataFrame) -> Any:
        """Return the calibrated probabilities, one column for each class."""
        found = self.pipeline.predict_proba(typed)
        return found if self.calibration is None else self.calibration.apply(found)

    def choose(self, probabilities: Any) -> Any:
        """Return the number of the class that each row gets."""
        return choose_classes(probabilities, self.class_weights)

    def anomalies(self, scores: Any) -> pd.DataFrame:
        """Return the columns of the prediction for rows with these scores."""
        return pd.DataFrame({"anomaly": scores > self.score_threshold, "anomaly_score": scores.round(_DIGITS)})

    def _classes(self, probabilities: Any) -> pd.DataFrame:
        names = np.array(self.classes, dtype=object)
        chosen = self.choose(probabilities)
        predicted = pd.Series(names[chosen]).infer_objects()
        return self._with_certainty({"prediction": predicted}, probabilities[np.arange(len(chosen)), chosen])

    def _numbers(self, predicted: Any) -> pd.DataFrame:
        # Batches of another size are summed in another order, which shows beyond twelve digits.
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
    """Append the predictions to the rows; a taken name gets an underscore."""
    taken = set(frame.columns)
    renamed = {}
    for name in predicted.columns:
        free = name
        while free in taken:
            free += "_"
        taken.add(free)
        renamed[name] = free
    return pd.concat([frame.reset_index(drop=True), predicted.rename(columns=renamed)], axis=1)
