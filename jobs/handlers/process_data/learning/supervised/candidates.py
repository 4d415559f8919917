"""Choose the candidate models by task and number of rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge, RidgeCV
from sklearn.pipeline import Pipeline

from jobs.handlers.process_data.learning.features.columns import Column, Kind
from jobs.handlers.process_data.learning.features.encoding import Target, make_encoder
from jobs.handlers.process_data.learning.options import LearningOptions

BOOSTING_MIN_ROWS = 2_000
"""The rows from which on boosting is used; a forest needs fewer rows to be good."""
_MAX_TREES = 100
_MIN_LEAF_ROWS = 2
_MIN_CLASS_ROWS_TO_STOP_EARLY = 10
"""Boosting keeps a tenth of the rows to see when to stop, and needs each class on both sides."""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    name: str
    pipeline: Pipeline
    smoothing: float = 1e-6
    """See ``Calibration``. A forest votes: a probability of 0 means less than one tree."""


def classifiers(
    columns: Sequence[Column], options: LearningOptions, *, rows: int, classes: int, rarest_rows: int
) -> list[Candidate]:
    """Return a linear model and a tree model.

    Rare classes get no weights, because the probabilities of weighted models are too high for them.
    """
    seed, max_iterations = options.seed, options.max_iterations
    target: Target = "binary" if classes == 2 else "multiclass"
    count = min(max_iterations, _MAX_TREES)
    trees: Any = RandomForestClassifier(n_estimators=count, random_state=seed, n_jobs=1)
    if rows >= BOOSTING_MIN_ROWS:
        trees = HistGradientBoostingClassifier(
            max_iter=max_iterations,
            learning_rate=0.1,
            early_stopping=rarest_rows >= _MIN_CLASS_ROWS_TO_STOP_EARLY,
            random_state=seed,
        )
    linear = LogisticRegression(max_iter=max_iterations)
    plain = make_encoder(columns, rows=rows, target=target, scaled=True, seed=seed)
    dense = make_encoder(columns, rows=rows, target=target, scaled=False, seed=seed)
    return [
        Candidate(name="logistic regression", pipeline=Pipeline([("encode", plain), ("model", linear)])),
        Candidate(
            name=_tree_name(rows),
            pipeline=Pipeline([("encode", dense), ("model", trees)]),
            smoothing=1e-6 if rows >= BOOSTING_MIN_ROWS else 1 / count,
        ),
    ]


def regressors(columns: Sequence[Column], options: LearningOptions, *, rows: int) -> list[Candidate]:
    """Return a linear model and a tree model."""
    seed, max_iterations = options.seed, options.max_iterations
    trees: Any = RandomForestRegressor(
        n_estimators=min(max_iterations, _MAX_TREES), min_samples_leaf=_MIN_LEAF_ROWS, random_state=seed, n_jobs=1
    )
    if rows >= BOOSTING_MIN_ROWS:
        trees = HistGradientBoostingRegressor(max_iter=max_iterations, early_stopping=True, random_state=seed)
    # Leave-one-out over thousands of word features would take longer than everything else.
    has_text = any(column.kind == Kind.TEXT for column in columns)
    linear = Ridge(alpha=1.0) if has_text else RidgeCV(alphas=np.logspace(-2, 3, 12))
    plain = make_encoder(columns, rows=rows, target="continuous", scaled=True, seed=seed)
    dense = make_encoder(columns, rows=rows, target="continuous", scaled=False, seed=seed)
    return [
        Candidate(name="ridge regression", pipeline=Pipeline([("encode", plain), ("model", linear)])),
        Candidate(name=_tree_name(rows), pipeline=Pipeline([("encode", dense), ("model", trees)])),
    ]


def baseline_classifier() -> DummyClassifier:
    return DummyClassifier(strategy="prior")


def baseline_regressor() -> DummyRegressor:
    return DummyRegressor(strategy="mean")


def _tree_name(rows: int) -> str:
    return "gradient boosting" if rows >= BOOSTING_MIN_ROWS else "random forest"
