"""Correct the probabilities of a model, so that of the rows with 30 % about 30 % are of the class."""

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """A softmax over ``slope`` times the log of each probability plus the class's offset.

    With two classes it keeps the order of the rows.
    """

    slope: float
    offsets: tuple[float, ...]
    smoothing: float
    """The weight of equal probabilities that are mixed in first, since a log needs more than 0."""

    def apply(self, probabilities: Any) -> Any:
        scaled = self.slope * log_smoothed(probabilities, self.smoothing) + np.array(self.offsets)
        return softmax(scaled)

    def as_json(self) -> dict[str, Any]:
        return {"slope": self.slope, "offsets": list(self.offsets), "smoothing": self.smoothing}

    @classmethod
    def from_json(cls, data: dict[str, Any], classes: int) -> "Calibration":
        offsets = tuple(float(offset) for offset in data["offsets"])
        if len(offsets) != classes:
            raise ValueError("a calibration has one offset for each class")
        return cls(slope=float(data["slope"]), offsets=offsets, smoothing=float(data["smoothing"]))


def log_smoothed(probabilities: Any, smoothing: float) -> Any:
    return np.log((probabilities + smoothing / probabilities.shape[1]) / (1 + smoothing))


def softmax(scaled: Any) -> Any:
    weights = np.exp(scaled - scaled.max(axis=1, keepdims=True))
    return weights / weights.sum(axis=1, keepdims=True)


def choose_classes(probabilities: Any, class_weights: tuple[float, ...] | None) -> Any:
    """Return the number of the class that each row gets: the highest product of probability and weight."""
    return (probabilities if class_weights is None else probabilities * np.array(class_weights)).argmax(axis=1)
