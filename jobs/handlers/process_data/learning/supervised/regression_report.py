"""Make the report about a regression."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from jobs.handlers.process_data.learning.report import charts, sentences, style
from jobs.handlers.process_data.learning.report.metrics import list_metrics
from jobs.handlers.process_data.learning.report.parts import Chart, Cover, Draw, Report
from jobs.handlers.process_data.learning.report.verdicts import judge_numbers
from jobs.handlers.process_data.learning.supervised.facts import facts_of
from jobs.handlers.process_data.learning.supervised.training import TrainingResult

_METRICS = {
    "r2": ("R²", "share of the spread that is explained; 1 is perfect"),
    "mae": ("Mean absolute error", "how far off on average, in the target's unit"),
    "rmse": ("RMSE", "the same, where large errors count more"),
    "mse": ("Mean squared error", "the square of RMSE"),
}


def regression_report(
    fitted: TrainingResult,
    metrics: dict[str, Any],
    baseline: dict[str, Any],
    details: dict[str, Any],
    notes: Sequence[str],
    *,
    cover: Cover,
    seed: int,
) -> Report:
    model, target = fitted.model, cover.name_with_unit(fitted.model.target)
    unit = cover.units.get(str(model.target), "")
    interval = f"{style.format_number(metrics['interval'])} {unit}".rstrip()
    within = style.format_share(metrics["interval_coverage"])
    return Report(
        title=f"Prediction of {model.target}",
        subtitle=f"{model.name.capitalize()}, the best of {len(fitted.validations)} models in cross-validation",
        verdict=judge_numbers(metrics["r2"], metrics["mae"], baseline["mae"], str(model.target), unit),
        facts=facts_of(fitted, seed=seed),
        warnings=[
            *notes,
            *sentences.warn_of_one_column(fitted.importances, metrics["r2"], fitted.leaks),
            *sentences.warn_of_few_rows(len(fitted.training), len(fitted.test)),
            *sentences.warn_of_dropped(fitted.dropped, str(model.target)),
        ],
        findings=[
            sentences.say_importances(fitted.importances, "R²"),
            f"In cross-validation nine of ten predictions were within ± {interval} of the truth; in the test part "
            f"{within} are.",
            *sentences.say_left_out(details["left_out"]),
        ],
        metrics=list_metrics(_METRICS, metrics, baseline, fitted.best.scores),
        baseline="Of the test part, which the model has not seen. The baseline always answers the mean.",
        parts=[
            Chart(
                title="Predicted and actual",
                reading="Each point is a row of the test part. On the dashed line the prediction is right.",
                draw=_actual(fitted, target),
            ),
            charts.importances(fitted.importances, "R²"),
            Chart(
                title="Errors by prediction",
                reading=f"Above 0 the prediction is too low, below it too high. The band is ± {interval}.",
                draw=_residuals(fitted, target),
            ),
            Chart(
                title="Distribution of errors",
                reading="A narrow heap around 0 is good. A heap beside 0 means that the model leans to one side.",
                draw=_errors(fitted, target),
            ),
        ],
    )


def _points(fitted: TrainingResult) -> tuple[Any, Any]:
    chosen = slice(None, None, -(-len(fitted.truth) // charts.MAX_POINTS))
    return fitted.truth[chosen], fitted.predicted[chosen]


def _actual(fitted: TrainingResult, target: str) -> Draw:
    def draw(axes: Axes) -> None:
        truth, predicted = _points(fitted)
        ends = [min(truth.min(), predicted.min()), max(truth.max(), predicted.max())]
        axes.plot(ends, ends, color=style.MUTED, linewidth=0.8, linestyle=(0, (3, 3)))
        axes.scatter(truth, predicted, s=11, color=style.ACCENT, alpha=0.55, linewidths=0)
        axes.set_xlabel(f"{target}, actual")
        axes.set_ylabel("predicted")
        charts.set_grid(axes)

    return draw


def _residuals(fitted: TrainingResult, target: str) -> Draw:
    def draw(axes: Axes) -> None:
        truth, predicted = _points(fitted)
        interval = fitted.model.interval or 0.0
        axes.axhspan(-interval, interval, color=style.ACCENT_PALE, linewidth=0)
        axes.axhline(0, color=style.MUTED, linewidth=0.8)
        axes.scatter(predicted, truth - predicted, s=11, color=style.ACCENT, alpha=0.55, linewidths=0)
        axes.set_xlabel(f"{target}, predicted")
        axes.set_ylabel("actual − predicted")
        charts.set_grid(axes)

    return draw


def _errors(fitted: TrainingResult, target: str) -> Draw:
    def draw(axes: Axes) -> None:
        errors = fitted.truth - fitted.predicted
        axes.hist(errors, bins=min(30, max(8, int(np.sqrt(len(errors))) + 1)), color=style.ACCENT)
        axes.axvline(0, color=style.INK, linewidth=0.8)
        axes.set_xlabel(f"{target}, actual − predicted")
        axes.set_ylabel("rows of the test part")
        charts.set_grid(axes)

    return draw
