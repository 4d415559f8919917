"""Train classification and regression: split, compare candidates, fit the best, test, explain."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import pandas as pd

from jobs.handler import Permanent
from jobs.handlers.process_data.learning.features.columns import Column, used
from jobs.handlers.process_data.learning.features.selection import feature_names, infer_columns
from jobs.handlers.process_data.learning.features.target import Target
from jobs.handlers.process_data.learning.features.typed_frame import typed_frame
from jobs.handlers.process_data.learning.fit import fit
from jobs.handlers.process_data.learning.models.model import Model
from jobs.handlers.process_data.learning.options import LearningOptions
from jobs.handlers.process_data.learning.scores import Scores
from jobs.handlers.process_data.learning.steps import Steps
from jobs.handlers.process_data.learning.supervised.candidates import Candidate
from jobs.handlers.process_data.learning.supervised.cross_validation import CrossValidation, cross_validate, select_best
from jobs.handlers.process_data.learning.supervised.importance import permutation_importances
from jobs.handlers.process_data.learning.supervised.leakage import find_leaks
from jobs.handlers.process_data.learning.supervised.partition import part, split_folds

AFTER_FOLDS = 4
"""Steps of the model stage after the folds: fit, test, importances, predictions."""


class SupervisedLearner(Protocol):
    """The parts of supervised learning that differ between classification and regression."""

    @property
    def chosen_by(self) -> str:
        """Return the metric that selects the best candidate; higher is better."""

    def read(self, series: "pd.Series[Any]", options: LearningOptions) -> Target: ...

    def candidates(self, columns: Sequence[Column], options: LearningOptions, target: Target) -> list[Candidate]: ...

    def predict(self, pipeline: Any, typed: pd.DataFrame) -> Any: ...

    def calibrate(self, candidate: Candidate, truths: Sequence[Any], predicted: Sequence[Any]) -> list[Any]:
        """Return the predictions of each fold, calibrated by the other folds."""

    def predict_by(self, model: Model, typed: pd.DataFrame) -> Any:
        """Return the predictions of the finished model, calibrated."""

    def score(self, truth: Any, predicted: Any) -> Scores: ...

    def importance_score(self, truth: Any, predicted: Any) -> float:
        """Return one number for measuring importances; higher is better."""

    def baseline(self, y: Any) -> Any:
        """Return a fitted estimator that uses no feature."""

    def model(
        self, best: CrossValidation, columns: tuple[Column, ...], options: LearningOptions, target: Target
    ) -> Model: ...


@dataclass(frozen=True, kw_only=True)
class TrainingResult:
    """A fitted model with its data, its test and its validations."""

    model: Model
    kept: pd.DataFrame
    rows: Any
    """Positions of ``kept`` in the frame that was learned from."""
    dropped: int
    target_notes: tuple[str, ...]
    """Sentences for people about classes of few rows."""
    leaks: list[str]
    """The columns that give the target away."""
    training: Any
    test: Any
    truth: Any
    """Of the test part, as are ``predicted`` (by the model) and ``baseline_predicted`` (by the baseline)."""
    predicted: Any
    baseline_predicted: Any
    validations: list[CrossValidation]
    best: CrossValidation
    importances: list[dict[str, Any]]
    total_steps: int


def fit_supervised(
    learner: SupervisedLearner, frame: pd.DataFrame, options: LearningOptions, steps: Steps
) -> TrainingResult:
    if options.target is None:
        raise Permanent("Give the column to predict as 'target'")
    names = feature_names(frame, options, without=(options.target, options.label))
    target = learner.read(frame[options.target], options)
    dropped = len(frame) - len(target.rows)
    kept: pd.DataFrame = frame.iloc[target.rows].reset_index(drop=True)
    steps.preprocessing(1, 2, f"{len(kept):,} rows with a target, {dropped:,} without", rows=len(kept), dropped=dropped)
    training, test = part(target.y, len(target.classes), test_size=options.test_size, seed=options.seed)
    text = f"{len(training):,} rows to learn from, {len(test):,} for the test"
    steps.preprocessing(2, 2, text, training_rows=len(training), test_rows=len(test))

    to_learn, to_test = kept.take(training), kept.take(test)
    columns = infer_columns(to_learn, names, options, steps)
    typed, y = typed_frame(to_learn, used(columns)), target.y[training]
    leaks = find_leaks(typed, y, used(columns), len(target.classes), seed=options.seed, steps=steps)
    splits = split_folds(y, len(target.classes), seed=options.seed)
    candidates = learner.candidates(used(columns), options, target)
    total = len(candidates) * len(splits) + AFTER_FOLDS
    validations = cross_validate(
        candidates,
        typed,
        y,
        splits,
        predict=learner.predict,
        calibrate=learner.calibrate,
        score=learner.score,
        steps=steps,
        total_steps=total,
    )
    best = select_best(validations, learner.chosen_by)

    steps.check()
    fit(best.candidate.pipeline, typed, y)
    steps.model(total - 3, total, f"{best.candidate.name.capitalize()} fitted to {len(y):,} rows")
    model = learner.model(best, columns, options, target)
    steps.check()
    typed_test, truth = typed_frame(to_test, used(columns)), target.y[test]
    predicted = learner.predict_by(model, typed_test)
    steps.model(total - 2, total, f"Tested on {len(test):,} rows")
    importances = permutation_importances(
        model,
        typed_test,
        truth,
        predict=learner.predict_by,
        score=learner.importance_score,
        seed=options.seed,
        steps=steps,
    )
    steps.model(total - 1, total, f"Importance of {len(importances):,} columns measured")
    return TrainingResult(
        model=model,
        kept=kept,
        rows=target.rows,
        dropped=dropped,
        target_notes=target.notes,
        leaks=leaks,
        training=training,
        test=test,
        truth=truth,
        predicted=predicted,
        baseline_predicted=learner.predict(learner.baseline(y), typed_test),
        validations=validations,
        best=best,
        importances=importances,
        total_steps=total,
    )
