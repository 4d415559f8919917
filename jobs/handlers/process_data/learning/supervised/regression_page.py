"""Make the page about a regression."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from jobs.handlers.process_data.learning.report import charts, style
from jobs.handlers.process_data.learning.report.page import Chart, Page
from jobs.handlers.process_data.learning.supervised.training import TrainingResult

_NAMES = {
    "r2": "R² (share of variance explained)",
    "rmse": "RMSE",
    "mae": "Mean absolute error",
    "mse": "Mean squared error",
}


def regression_page(
    fitted: TrainingResult, metrics: dict[str, Any], baseline: dict[str, Any], notes: Sequence[str]
) -> Page:
    model = fitted.model
    facts = [
        ("Rows", f"{len(fitted.kept):,}"),
        ("Left out, no target", f"{fitted.dropped:,}"),
        ("Training / test rows", f"{len(fitted.training):,} / {len(fitted.test):,}"),
        ("Columns used", f"{len(model.used):,} of {len(model.columns):,}"),
        ("Target", str(model.target)),
        ("Model", model.name),
        ("9 of 10 within", f"± {style.format_number(metrics['interval'])}"),
        ("Within, in the test part", f"{metrics['interval_coverage']:.0%}"),
    ]
    validation = fitted.best.scores
    rows = [
        (
            name,
            style.format_number(metrics[key]),
            style.format_number(baseline[key]),
            charts.cross_validation(validation, key),
        )
        for key, name in _NAMES.items()
    ]
    return Page(
        title=f"Prediction of {model.target}",
        subtitle=f"{model.name.capitalize()}, chosen among {len(fitted.validations)} by cross-validation",
        facts=facts,
        heads=("Metric", "Test part", "Baseline", "Cross-validation"),
        rows=rows,
        remarks=notes,
        charts=[
            Chart(title="Predicted and actual", draw=_actual(fitted)),
            Chart(title="Errors by prediction", draw=_residuals(fitted)),
            Chart(title="Importance of columns", draw=charts.importances(fitted.importances, "loss of R²")),
            Chart(title="Distribution of errors", draw=_errors(fitted)),
        ],
        note="Baseline: always the mean. Importance: the loss in the test part when a column is shuffled.",
    )


def _points(fitted: TrainingResult) -> tuple[Any, Any]:
    chosen = slice(None, None, max(1, len(fitted.truth) // charts.MAX_POINTS))
    return fitted.truth[chosen], fitted.predicted[chosen]


def _actual(fitted: TrainingResult) -> Callable[[Axes], None]:
    def draw(axes: Axes) -> None:
        truth, predicted = _points(fitted)
        ends = [min(truth.min(), predicted.min()), max(truth.max(), predicted.max())]
        axes.plot(ends, ends, color=style.MUTED, linewidth=0.8, linestyle=(0, (3, 3)))
        axes.scatter(truth, predicted, s=9, color=style.ACCENT, alpha=0.55, linewidths=0)
        axes.set_xlabel("actual")
        axes.set_ylabel("predicted")
        _set_grid(axes)

    return draw


def _residuals(fitted: TrainingResult) -> Callable[[Axes], None]:
    def draw(axes: Axes) -> None:
        truth, predicted = _points(fitted)
        interval = fitted.model.interval or 0.0
        axes.axhspan(-interval, interval, color=style.ACCENT_PALE, linewidth=0)
        axes.axhline(0, color=style.MUTED, linewidth=0.8)
        axes.scatter(predicted, truth - predicted, s=9, color=style.ACCENT, alpha=0.55, linewidths=0)
        axes.set_xlabel("predicted")
        axes.set_ylabel("actual − predicted")
        _set_grid(axes)

    return draw


def _errors(fitted: TrainingResult) -> Callable[[Axes], None]:
    def draw(axes: Axes) -> None:
        errors = fitted.truth - fitted.predicted
        axes.hist(errors, bins=min(30, max(8, int(np.sqrt(len(errors))) + 1)), color=style.ACCENT)
        axes.axvline(0, color=style.INK, linewidth=0.8)
        axes.set_xlabel("actual − predicted")
        axes.set_ylabel("rows of the test part")
        _set_grid(axes)

    return draw


def _set_grid(axes: Axes) -> None:
    axes.grid()
    axes.locator_params(axis="x", nbins=5)
    axes.locator_params(axis="y", nbins=6)
