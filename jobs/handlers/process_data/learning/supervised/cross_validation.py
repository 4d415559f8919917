"""Cross-validate candidates on the training part, with progress and a chance to stop after each fit."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone

from jobs.handlers.process_data.learning.fit import fit
from jobs.handlers.process_data.learning.scores import Scores, summarise
from jobs.handlers.process_data.learning.steps import Steps
from jobs.handlers.process_data.learning.supervised.candidates import Candidate

MAX_ROWS = 50_000
"""Larger training parts are sampled to compare candidates; the best is fitted on all rows."""
_FEWER_FOLDS_MIN_ROWS = 5_000


@dataclass(frozen=True, kw_only=True)
class CrossValidation:
    candidate: Candidate
    scores: dict[str, dict[str, float | None]]
    truth: Any
    predicted: Any
    """Predictions for each row by a model that was not fitted on it, not yet calibrated; ``truth`` is in the same
    order."""
    has_converged: bool

    def mean(self, metric: str) -> float:
        found = self.scores[metric]["mean"]
        return -np.inf if found is None else found

    def error_quantile(self, share: float) -> float:
        """Return the absolute error that ``share`` of the rows stay below. For numeric predictions only."""
        return float(np.quantile(np.abs(self.truth - self.predicted), share))

    def as_json(self) -> dict[str, Any]:
        return {"name": self.candidate.name, "scores": self.scores, "converged": self.has_converged}


def count_folds(rows: int, rarest: int) -> int:
    """Return five folds, or three for many rows; fewer if the rarest class has not a row for each."""
    return max(2, min(5 if rows < _FEWER_FOLDS_MIN_ROWS else 3, rarest))


def cross_validate(
    candidates: Sequence[Candidate],
    typed: pd.DataFrame,
    y: Any,
    splits: Sequence[tuple[Any, Any]],
    *,
    predict: Callable[[Any, pd.DataFrame], Any],
    calibrate: Callable[[Candidate, Sequence[Any], Sequence[Any]], list[Any]],
    score: Callable[[Any, Any], Scores],
    steps: Steps,
    total_steps: int,
) -> list[CrossValidation]:
    """Return scores and predictions of each candidate.

    ``calibrate`` gets the truths and the predictions of all folds and returns the predictions to score.
    ``total_steps``: of the model stage; the folds come first.
    """
    validations = []
    for number, candidate in enumerate(candidates):
        truths, predicted, has_converged = [y[test] for _, test in splits], [], True
        for fold, (learn, test) in enumerate(splits, start=1):
            steps.check()
            pipeline = clone(candidate.pipeline)
            has_converged &= fit(pipeline, typed.iloc[learn], y[learn])
            found = predict(pipeline, typed.iloc[test])
            predicted.append(found)
            interim = score(y[test], found)
            steps.partial({"candidate": candidate.name, "fold": fold, "folds": len(splits), "scores": interim})
            done = number * len(splits) + fold
            text = f"{candidate.name.capitalize()}: fold {fold} of {len(splits)}"
            steps.model(done, total_steps, text, candidate=candidate.name, fold=fold)
        calibrated = calibrate(candidate, truths, predicted)
        validations.append(
            CrossValidation(
                candidate=candidate,
                scores=summarise(map(score, truths, calibrated)),
                truth=np.concatenate(truths),
                predicted=np.concatenate(predicted),
                has_converged=has_converged,
            )
        )
    return validations


def select_best(validations: Iterable[CrossValidation], metric: str) -> CrossValidation:
    """Return the highest mean; of equal ones the first, which is simpler."""
    return max(validations, key=lambda validation: validation.mean(metric))
