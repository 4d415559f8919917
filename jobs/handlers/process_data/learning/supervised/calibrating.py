"""Fit the calibration of probabilities on folds that their models were not fitted on."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.optimize import minimize

from jobs.handlers.process_data.learning.models.calibration import Calibration, log_smoothed, softmax

_MAX_ROWS = 20_000
"""Two numbers and one for each class need no more rows."""
_MIN_SLOPE, _MAX_SLOPE = 0.01, 100.0


def fit_calibration(truth: Any, probabilities: Any, smoothing: float) -> Calibration:
    """Fit by maximum likelihood. Few rows change little: as much as one row speaks for no change at all."""
    step = -(-len(truth) // _MAX_ROWS)
    truth, logs = truth[::step], log_smoothed(probabilities[::step], smoothing)
    rows, classes = np.arange(len(truth)), logs.shape[1]

    def loss(parameters: Any) -> tuple[float, Any]:
        slope, offsets = parameters[0], parameters[1:]
        found = softmax(slope * logs + offsets)
        penalty = ((slope - 1) ** 2 + (offsets**2).sum()) / 2
        value = penalty - np.log(np.maximum(found[rows, truth], 1e-300)).sum()
        found[rows, truth] -= 1
        gradient = np.concatenate([[(found * logs).sum() + slope - 1], found.sum(axis=0) + offsets])
        return value / len(truth), gradient / len(truth)

    start = np.concatenate([[1.0], np.zeros(classes)])
    bounds = [(_MIN_SLOPE, _MAX_SLOPE), *[(None, None)] * classes]
    slope, *offsets = minimize(loss, start, jac=True, bounds=bounds, method="L-BFGS-B").x
    # Further digits differ between processors.
    return Calibration(slope=_round(slope), offsets=tuple(map(_round, offsets)), smoothing=smoothing)


def calibrate_folds(truths: Sequence[Any], found: Sequence[Any], smoothing: float) -> list[Any]:
    """Calibrate the probabilities of each fold by those of the other folds."""
    calibrated = []
    for fold, probabilities in enumerate(found):
        others = [number for number in range(len(found)) if number != fold]
        truth = np.concatenate([truths[number] for number in others])
        calibration = fit_calibration(truth, np.concatenate([found[number] for number in others]), smoothing)
        calibrated.append(calibration.apply(probabilities))
    return calibrated


def _round(value: float) -> float:
    return float(f"{value:.9g}")
