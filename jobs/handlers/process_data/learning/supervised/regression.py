"""Learn to predict a number."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from jobs.handlers.process_data.learning import scores
from jobs.handlers.process_data.learning.features.columns import Column
from jobs.handlers.process_data.learning.features.target import Target, read_numbers
from jobs.handlers.process_data.learning.models.file import dump_model, model_version
from jobs.handlers.process_data.learning.models.model import Model
from jobs.handlers.process_data.learning.models.predictions import describe_columns, predict_all, with_predictions
from jobs.handlers.process_data.learning.options import LearningOptions
from jobs.handlers.process_data.learning.report.document import write_report
from jobs.handlers.process_data.learning.report.parts import Cover, Report
from jobs.handlers.process_data.learning.result import LearningResult
from jobs.handlers.process_data.learning.steps import Steps
from jobs.handlers.process_data.learning.supervised.candidates import Candidate, baseline_regressor, regressors
from jobs.handlers.process_data.learning.supervised.cross_validation import CrossValidation
from jobs.handlers.process_data.learning.supervised.leakage import leak_notes
from jobs.handlers.process_data.learning.supervised.regression_report import regression_report
from jobs.handlers.process_data.learning.supervised.training import fit_supervised

_INTERVAL_SHARE = 0.9


class RegressionLearner:
    """The learner of numbers. It selects by R²."""

    chosen_by = "r2"

    def read(self, series: "pd.Series[Any]", options: LearningOptions) -> Target:
        return read_numbers(series)

    def candidates(self, columns: Sequence[Column], options: LearningOptions, target: Target) -> list[Candidate]:
        return regressors(columns, options, rows=len(target.y))

    def predict(self, pipeline: Any, typed: pd.DataFrame) -> Any:
        return pipeline.predict(typed)

    def calibrate(self, candidate: Candidate, truths: Sequence[Any], predicted: Sequence[Any]) -> list[Any]:
        return list(predicted)

    def predict_by(self, model: Model, typed: pd.DataFrame) -> Any:
        return model.pipeline.predict(typed)

    def score(self, truth: Any, predicted: Any) -> scores.Scores:
        return scores.score_numbers(truth, predicted)

    def importance_score(self, truth: Any, predicted: Any) -> float:
        return scores.score_numbers(truth, predicted)["r2"] or 0.0

    def baseline(self, y: Any) -> Any:
        return baseline_regressor().fit(np.zeros((len(y), 1)), y)

    def model(
        self, best: CrossValidation, columns: tuple[Column, ...], options: LearningOptions, target: Target
    ) -> Model:
        return Model(
            task="regression",
            name=best.candidate.name,
            pipeline=best.candidate.pipeline,
            columns=columns,
            target=options.target,
            interval=best.error_quantile(_INTERVAL_SHARE),
        )


def learn_numbers(frame: pd.DataFrame, options: LearningOptions, steps: Steps) -> LearningResult:
    learner = RegressionLearner()
    fitted = fit_supervised(learner, frame, options, steps)
    model = fitted.model
    predicted = predict_all(model, fitted.kept, steps)
    errors = np.abs(fitted.truth - fitted.predicted)
    metrics: dict[str, Any] = {
        **learner.score(fitted.truth, fitted.predicted),
        "training_rows": len(fitted.training),
        "test_rows": len(fitted.test),
        "interval": model.interval,
        "interval_coverage": round(float((errors <= model.interval).mean()), 6),
        "cross_validation": fitted.best.scores,
    }
    model.metrics.update(metrics)
    baseline = dict(learner.score(fitted.truth, fitted.baseline_predicted))
    details = {
        **describe_columns(model.columns),
        "target": model.target,
        "candidates": [validation.as_json() for validation in fitted.validations],
        "chosen_by": learner.chosen_by,
        "leaks": fitted.leaks,
        "importances": fitted.importances,
    }
    steps.model(fitted.total_steps, fitted.total_steps, f"{len(predicted):,} rows predicted", rows=len(predicted))
    notes = leak_notes(fitted.leaks, str(model.target))

    def make_report(cover: Cover) -> Report:
        return regression_report(fitted, metrics, baseline, details, notes, cover=cover, seed=options.seed)

    return LearningResult(
        model=model,
        output=with_predictions(fitted.kept, predicted, fitted.test),
        rows=fitted.rows,
        dropped=fitted.dropped,
        metrics=metrics,
        baseline=baseline,
        model_version=model_version(model),
        details=details,
        notes=notes,
        model_bytes=dump_model(model),
        report_pdf=lambda path, cover: write_report(make_report, cover, path),
    )
