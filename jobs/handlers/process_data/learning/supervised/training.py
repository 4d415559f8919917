"""What classification and regression have in common: part, compare, fit, test, explain, predict."""

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
from jobs.handlers.process_data.learning.supervised.cross_validation import Validated, best, validate
from jobs.handlers.process_data.learning.supervised.importance import column_importances
from jobs.handlers.process_data.learning.supervised.partition import part, split_folds

AFTER_FOLDS = 4
"""Steps of the model stage behind the folds: fit, test, importances, predictions."""


class Kindred(Protocol):
    """What a kind of supervised learning decides for itself."""

    chosen_by: str
    """The metric by which the best candidate is chosen: the higher, the better."""

    def read(self, series: "pd.Series[Any]") -> Target: ...

    def candidates(self, columns: Sequence[Column], options: LearningOptions, target: Target) -> list[Candidate]: ...

    def predict(self, pipeline: Any, typed: pd.DataFrame) -> Any: ...

    def score(self, truth: Any, predicted: Any) -> Scores: ...

    def worth(self, truth: Any, predicted: Any) -> float:
        """One number, the higher the better, by which importances are measured."""

    def baseline(self, y: Any) -> Any:
        """A fitted estimator that looks at no feature."""

    def model(
        self, winner: Validated, columns: tuple[Column, ...], options: LearningOptions, target: Target
    ) -> Model: ...


@dataclass(frozen=True, kw_only=True)
class Fitted:
    """A fitted model and all that is known of it."""

    model: Model
    kept: pd.DataFrame
    rows: Any
    """Positions of ``kept`` among the rows that came."""
    dropped: int
    training: Any
    test: Any
    truth: Any
    """Of the test part; ``predicted`` is what the model made of it, ``guessed`` what the baseline did."""
    predicted: Any
    guessed: Any
    outcomes: list[Validated]
    winner: Validated
    importances: list[dict[str, Any]]
    total_steps: int


def fit_supervised(kind: Kindred, frame: pd.DataFrame, options: LearningOptions, steps: Steps) -> Fitted:
    if options.target is None:
        raise Permanent("Name the column to be predicted as target")
    names = feature_names(frame, options, without=(options.target, options.label))
    target = kind.read(frame[options.target])
    dropped = len(frame) - len(target.rows)
    kept: pd.DataFrame = frame.iloc[target.rows].reset_index(drop=True)
    steps.preprocessing(1, 2, f"{len(kept):,} rows with a target, {dropped:,} without", rows=len(kept), dropped=dropped)
    training, test = part(target.y, len(target.classes), test_size=options.test_size, seed=options.seed)
    text = f"{len(training):,} rows to learn from, {len(test):,} for the test"
    steps.preprocessing(2, 2, text, training_rows=len(training), test_rows=len(test))

    to_learn, to_test = kept.take(training), kept.take(test)
    columns = infer_columns(to_learn, names, options, steps)
    typed, y = typed_frame(to_learn, used(columns)), target.y[training]
    splits = split_folds(y, len(target.classes), seed=options.seed)
    candidates = kind.candidates(used(columns), options, target)
    total = len(candidates) * len(splits) + AFTER_FOLDS
    outcomes = validate(
        candidates, typed, y, splits, predict=kind.predict, score=kind.score, steps=steps, total_steps=total
    )
    winner = best(outcomes, kind.chosen_by)

    steps.check()
    fit(winner.candidate.pipeline, typed, y)
    steps.model(total - 3, total, f"{winner.candidate.name.capitalize()} fitted to {len(y):,} rows")
    model = kind.model(winner, columns, options, target)
    steps.check()
    typed_test, truth = typed_frame(to_test, used(columns)), target.y[test]
    predicted = kind.predict(model.pipeline, typed_test)
    steps.model(total - 2, total, f"Tested on {len(test):,} rows")
    importances = column_importances(
        model, typed_test, truth, predict=kind.predict, score=kind.worth, seed=options.seed, steps=steps
    )
    steps.model(total - 1, total, f"Importance of {len(importances):,} columns measured")
    return Fitted(
        model=model,
        kept=kept,
        rows=target.rows,
        dropped=dropped,
        training=training,
        test=test,
        truth=truth,
        predicted=predicted,
        guessed=kind.predict(kind.baseline(y), typed_test),
        outcomes=outcomes,
        winner=winner,
        importances=importances,
        total_steps=total,
    )
