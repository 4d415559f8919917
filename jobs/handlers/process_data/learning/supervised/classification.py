"""Learn to predict classes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from jobs.handlers.process_data.learning import scores
from jobs.handlers.process_data.learning.features.columns import Column
from jobs.handlers.process_data.learning.features.target import Target, read_classes
from jobs.handlers.process_data.learning.models.file import dump_model, model_version
from jobs.handlers.process_data.learning.models.model import UNCERTAIN, Model
from jobs.handlers.process_data.learning.models.predictions import describe_columns, predict_all, with_predictions
from jobs.handlers.process_data.learning.options import LearningOptions
from jobs.handlers.process_data.learning.report.page import write_page
from jobs.handlers.process_data.learning.result import LearningResult
from jobs.handlers.process_data.learning.steps import Steps
from jobs.handlers.process_data.learning.supervised.candidates import Candidate, baseline_classifier, classifiers
from jobs.handlers.process_data.learning.supervised.classification_page import classification_page
from jobs.handlers.process_data.learning.supervised.cross_validation import CrossValidation
from jobs.handlers.process_data.learning.supervised.training import TrainingResult, fit_supervised

_IMBALANCE_RATIO = 3
"""Classes are weighted from this ratio on, between the rows of the commonest and the rarest class."""


class ClassificationLearner:
    """The learner of classes. It selects by the macro-averaged F1, in which rare classes count like common ones."""

    chosen_by = "f1_macro"

    def read(self, series: "pd.Series[Any]") -> Target:
        return read_classes(series)

    def candidates(self, columns: Sequence[Column], options: LearningOptions, target: Target) -> list[Candidate]:
        return classifiers(
            columns, options, rows=len(target.y), classes=len(target.classes), is_imbalanced=is_imbalanced(target.y)
        )

    def predict(self, pipeline: Any, typed: pd.DataFrame) -> Any:
        return pipeline.predict_proba(typed)

    def score(self, truth: Any, predicted: Any) -> scores.Scores:
        return scores.score_classes(truth, predicted)

    def importance_score(self, truth: Any, predicted: Any) -> float:
        return float((truth == predicted.argmax(axis=1)).mean())

    def baseline(self, y: Any) -> Any:
        return baseline_classifier().fit(np.zeros((len(y), 1)), y)

    def model(
        self, best: CrossValidation, columns: tuple[Column, ...], options: LearningOptions, target: Target
    ) -> Model:
        return Model(
            task="classification",
            name=best.candidate.name,
            pipeline=best.candidate.pipeline,
            columns=columns,
            target=options.target,
            classes=target.classes,
            confidence_threshold=options.confidence_threshold,
        )


def is_imbalanced(y: Any) -> bool:
    counts = np.bincount(y)
    return bool(counts.max() >= _IMBALANCE_RATIO * counts.min())


def learn_classes(frame: pd.DataFrame, options: LearningOptions, steps: Steps) -> LearningResult:
    learner = ClassificationLearner()
    fitted = fit_supervised(learner, frame, options, steps)
    model = fitted.model
    predicted = predict_all(model, fitted.kept, steps)
    metrics: dict[str, Any] = {
        **learner.score(fitted.truth, fitted.predicted),
        "training_rows": len(fitted.training),
        "test_rows": len(fitted.test),
        "cross_validation": fitted.best.scores,
    }
    if model.confidence_threshold is not None:
        metrics |= _certainty(fitted, predicted)
    model.metrics.update(metrics)
    baseline = dict(learner.score(fitted.truth, fitted.baseline_predicted))
    details = {
        **describe_columns(model.columns),
        "target": model.target,
        "classes": _describe_classes(fitted),
        "confusion": {"classes": list(model.classes), "counts": confusion(fitted).tolist()},
        "candidates": [validation.as_json() for validation in fitted.validations],
        "chosen_by": learner.chosen_by,
        "importances": fitted.importances,
    }
    steps.model(fitted.total_steps, fitted.total_steps, f"{len(predicted):,} rows predicted", rows=len(predicted))
    page = classification_page(fitted, metrics, baseline, confusion(fitted))
    return LearningResult(
        model=model,
        output=with_predictions(fitted.kept, predicted, fitted.test),
        rows=fitted.rows,
        dropped=fitted.dropped,
        metrics=metrics,
        baseline=baseline,
        model_version=model_version(model),
        details=details,
        model_bytes=dump_model(model),
        report_pdf=lambda path: write_page(page, path),
    )


def confusion(fitted: TrainingResult) -> Any:
    """Count the test rows by true class (row) and predicted class (column)."""
    size = len(fitted.model.classes)
    pairs = fitted.truth * size + fitted.predicted.argmax(axis=1)
    return np.bincount(pairs, minlength=size * size).reshape(size, size)


def _certainty(fitted: TrainingResult, predicted: pd.DataFrame) -> dict[str, Any]:
    uncertain = (predicted["certainty"] == UNCERTAIN).to_numpy()
    certain = ~uncertain[fitted.test]
    right = fitted.truth == fitted.predicted.argmax(axis=1)
    return {
        "uncertain": int(uncertain.sum()),
        "uncertain_in_test": int((~certain).sum()),
        "accuracy_of_certain": round(float(right[certain].mean()), 6) if certain.any() else None,
    }


def _describe_classes(fitted: TrainingResult) -> list[dict[str, Any]]:
    counts = confusion(fitted)
    right, true, said = counts.diagonal(), counts.sum(axis=1), counts.sum(axis=0)
    return [
        {
            "class": name,
            "test_rows": int(true[number]),
            "precision": round(float(right[number] / said[number]), 6) if said[number] else None,
            "recall": round(float(right[number] / true[number]), 6) if true[number] else None,
        }
        for number, name in enumerate(fitted.model.classes)
    ]
