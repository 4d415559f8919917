"""Learn to predict classes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from jobs.handlers.process_data.learning import scores
from jobs.handlers.process_data.learning.features.columns import Column
from jobs.handlers.process_data.learning.features.target import Target, read_classes
from jobs.handlers.process_data.learning.models.calibration import choose_classes
from jobs.handlers.process_data.learning.models.file import dump_model, model_version
from jobs.handlers.process_data.learning.models.model import UNCERTAIN, Model
from jobs.handlers.process_data.learning.models.predictions import describe_columns, predict_all, with_predictions
from jobs.handlers.process_data.learning.options import LearningOptions
from jobs.handlers.process_data.learning.report.document import write_report
from jobs.handlers.process_data.learning.report.parts import Cover, Report
from jobs.handlers.process_data.learning.result import LearningResult
from jobs.handlers.process_data.learning.steps import Steps
from jobs.handlers.process_data.learning.supervised.calibrating import calibrate_folds, fit_calibration
from jobs.handlers.process_data.learning.supervised.candidates import Candidate, baseline_classifier, classifiers
from jobs.handlers.process_data.learning.supervised.classification_report import classification_report
from jobs.handlers.process_data.learning.supervised.cross_validation import CrossValidation
from jobs.handlers.process_data.learning.supervised.leakage import leak_notes
from jobs.handlers.process_data.learning.supervised.objective import Objective, find_objective
from jobs.handlers.process_data.learning.supervised.training import TrainingResult, fit_supervised


class ClassificationLearner:
    """The learner of classes. Its objective is known once the target is read."""

    def __init__(self) -> None:
        self._classes = 0
        self._objective: Objective | None = None

    @property
    def objective(self) -> Objective:
        assert self._objective is not None, "read the target first"
        return self._objective

    @property
    def chosen_by(self) -> str:
        return self.objective.metric

    def read(self, series: "pd.Series[Any]", options: LearningOptions) -> Target:
        target = read_classes(series, options.rare)
        self._classes, self._objective = len(target.classes), find_objective(target, options.optimise)
        return target

    def candidates(self, columns: Sequence[Column], options: LearningOptions, target: Target) -> list[Candidate]:
        rarest_rows = int(np.bincount(target.y).min())
        return classifiers(columns, options, rows=len(target.y), classes=len(target.classes), rarest_rows=rarest_rows)

    def predict(self, pipeline: Any, typed: pd.DataFrame) -> Any:
        """Return one column for each class, also for one that was not among the rows of the fit."""
        found = pipeline.predict_proba(typed)
        probabilities = np.zeros((len(found), self._classes))
        probabilities[:, pipeline.classes_] = found
        return probabilities

    def calibrate(self, candidate: Candidate, truths: Sequence[Any], predicted: Sequence[Any]) -> list[Any]:
        return calibrate_folds(truths, predicted, candidate.smoothing)

    def predict_by(self, model: Model, typed: pd.DataFrame) -> Any:
        return model.probabilities(typed)

    def score(self, truth: Any, predicted: Any) -> scores.Scores:
        chosen = choose_classes(predicted, self.objective.class_weights)
        return scores.score_classes(truth, predicted, chosen, self.objective.rarest)

    def score_baseline(self, truth: Any, predicted: Any) -> scores.Scores:
        """Score the baseline, whose rows all get the commonest class."""
        return scores.score_classes(truth, predicted, predicted.argmax(axis=1), self.objective.rarest)

    def importance_score(self, truth: Any, predicted: Any) -> float:
        return self.score(truth, predicted)[self.chosen_by] or 0.0

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
            calibration=fit_calibration(best.truth, best.predicted, best.candidate.smoothing),
            class_weights=self.objective.class_weights,
            confidence_threshold=options.confidence_threshold,
        )


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
    baseline = dict(learner.score_baseline(fitted.truth, fitted.baseline_predicted))
    details = {
        **describe_columns(model.columns),
        "target": model.target,
        "classes": _describe_classes(fitted),
        "confusion": {"classes": list(model.classes), "counts": confusion(fitted).tolist()},
        "candidates": [validation.as_json() for validation in fitted.validations],
        "chosen_by": learner.chosen_by,
        "optimised": learner.objective.sentence,
        "leaks": fitted.leaks,
        "importances": fitted.importances,
    }
    notes = [*leak_notes(fitted.leaks, str(model.target)), *_notes(fitted)]
    steps.model(fitted.total_steps, fitted.total_steps, f"{len(predicted):,} rows predicted", rows=len(predicted))
    told = [*fitted.target_notes, *notes]

    def make_report(cover: Cover) -> Report:
        return classification_report(fitted, learner.objective, metrics, baseline, details, told, seed=options.seed)

    return LearningResult(
        model=model,
        output=with_predictions(fitted.kept, predicted, fitted.test),
        rows=fitted.rows,
        dropped=fitted.dropped,
        metrics=metrics,
        baseline=baseline,
        model_version=model_version(model),
        details=details,
        target_notes=fitted.target_notes,
        notes=notes,
        model_bytes=dump_model(model),
        report_pdf=lambda path, cover: write_report(make_report, cover, path),
    )


def confusion(fitted: TrainingResult) -> Any:
    """Count the test rows by true class (row) and predicted class (column)."""
    size = len(fitted.model.classes)
    pairs = fitted.truth * size + fitted.model.choose(fitted.predicted)
    return np.bincount(pairs, minlength=size * size).reshape(size, size)


def _certainty(fitted: TrainingResult, predicted: pd.DataFrame) -> dict[str, Any]:
    uncertain = (predicted["certainty"] == UNCERTAIN).to_numpy()
    certain = ~uncertain[fitted.test]
    right = fitted.truth == fitted.model.choose(fitted.predicted)
    return {
        "uncertain": int(uncertain.sum()),
        "uncertain_in_test": int((~certain).sum()),
        "accuracy_of_certain": round(float(right[certain].mean()), 6) if certain.any() else None,
    }


def _notes(fitted: TrainingResult) -> list[str]:
    counts = confusion(fitted)
    missed = [
        f"'{name}'"
        for name, rows, said in zip(fitted.model.classes, counts.sum(axis=1), counts.sum(axis=0), strict=True)
        if rows and not said
    ]
    if not missed or fitted.model.class_weights is not None:
        return []
    which = f"{', '.join(missed[:5])}{' and others are' if len(missed) > 5 else ' is' if len(missed) == 1 else ' are'}"
    return [
        f"{which} never the most probable class of a row in the test part, so accuracy alone says little. "
        "With optimise = balanced_accuracy rare classes are predicted too; or use the probabilities."
    ]


def _describe_classes(fitted: TrainingResult) -> list[dict[str, Any]]:
    counts = confusion(fitted)
    right, true, said = counts.diagonal(), counts.sum(axis=1), counts.sum(axis=0)
    return [
        {
            "class": name,
            "test_rows": int(true[number]),
            "share": round(float(true[number] / true.sum()), 6),
            "mean_probability": round(float(fitted.predicted[:, number].mean()), 6),
            "average_precision": _rounded(scores.average_precision_of(fitted.truth, fitted.predicted, number)),
            "precision": round(float(right[number] / said[number]), 6) if said[number] else None,
            "recall": round(float(right[number] / true[number]), 6) if true[number] else None,
        }
        for number, name in enumerate(fitted.model.classes)
    ]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
