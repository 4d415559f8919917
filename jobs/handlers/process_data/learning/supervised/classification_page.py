"""Make the page about a classification."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from sklearn.metrics import precision_recall_curve, roc_curve

from jobs.handlers.process_data.learning.report import charts, style
from jobs.handlers.process_data.learning.report.page import Chart, Page
from jobs.handlers.process_data.learning.supervised.objective import Objective
from jobs.handlers.process_data.learning.supervised.training import TrainingResult

_NAMES = {
    "accuracy": "Accuracy",
    "balanced_accuracy": "Balanced accuracy",
    "precision": "Precision (weighted)",
    "recall": "Recall (weighted)",
    "f1": "F1 (weighted)",
    "f1_macro": "F1 (mean of classes)",
    "average_precision": "Average precision",
    "roc_auc": "ROC AUC",
    "log_loss": "Log loss (lower is better)",
}
_MAX_CLASSES_SHOWN = 12


def classification_page(
    fitted: TrainingResult,
    objective: Objective,
    metrics: dict[str, Any],
    baseline: dict[str, Any],
    details: dict[str, Any],
    notes: Sequence[str],
) -> Page:
    model = fitted.model
    confusion = np.array(details["confusion"]["counts"])
    measure = _NAMES[objective.metric].lower().replace("f1", "F1")
    facts = [
        ("Rows", f"{len(fitted.kept):,}"),
        ("Left out", f"{fitted.dropped:,}"),
        ("Training / test rows", f"{len(fitted.training):,} / {len(fitted.test):,}"),
        ("Columns used", f"{len(model.used):,} of {len(model.columns):,}"),
        ("Target", str(model.target)),
        ("Classes", f"{len(model.classes):,}"),
        ("Model", model.name),
        ("Uncertain", f"{metrics['uncertain']:,}" if "uncertain" in metrics else "–"),
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
        title=f"Classification of {model.target}",
        subtitle=f"{model.name.capitalize()}, chosen among {len(fitted.validations)} by cross-validation",
        facts=facts,
        heads=("Metric", "Test part", "Baseline", "Cross-validation"),
        rows=rows,
        remarks=[objective.sentence, *notes],
        charts=[
            Chart(title="Confusion in the test part", draw=_confusion(confusion, model.classes)),
            # With few rows of a class, a ROC curve looks good even where most rows called so are of another.
            Chart(title="Precision by recall", draw=_precision(fitted))
            if objective.is_imbalanced
            else Chart(title="ROC curve", draw=_roc(fitted)),
            Chart(title="Importance of columns", draw=charts.importances(fitted.importances, f"loss of {measure}")),
            Chart(title="Confidence of predictions", draw=_confidence(fitted)),
        ],
        note="Baseline: always the commonest class, with the shares of the classes as probabilities. "
        "Importance: the loss when a column is shuffled.",
    )


def _confusion(counts: Any, classes: tuple[Any, ...]) -> Callable[[Axes], None]:
    def draw(axes: Axes) -> None:
        size = min(len(classes), _MAX_CLASSES_SHOWN)
        # Of many classes, the largest ones.
        chosen = np.sort(np.argsort(-counts.sum(axis=1), kind="stable")[:size])
        part = counts[np.ix_(chosen, chosen)]
        shares = part / np.maximum(counts[chosen].sum(axis=1, keepdims=True), 1)
        axes.imshow(shares, cmap="Blues", vmin=0, vmax=1.15, aspect="auto")
        names = [style.shorten(classes[number], 14 if size <= 4 else 10) for number in chosen]
        turned = max(map(len, names)) * size > 34
        axes.set_xticks(
            range(size), names, rotation=40 if turned else 0, ha="right" if turned else "center", rotation_mode="anchor"
        )
        axes.set_yticks(range(size), names)
        axes.set_xlabel("predicted")
        for row in range(size):
            for column in range(size):
                colour = "white" if shares[row, column] > 0.55 else style.INK
                text = f"{part[row, column]:,}" if part[row, column] else "·"
                axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=9 if size <= 6 else 6.5)
        for spine in axes.spines.values():
            spine.set_visible(False)

    return draw


def _precision(fitted: TrainingResult) -> Callable[[Axes], None]:
    classes = fitted.model.classes

    def draw(axes: Axes) -> None:
        rows = np.bincount(fitted.truth, minlength=len(classes))
        # The rarest classes; of two, the rarer one.
        numbers = [number for number in np.argsort(rows, kind="stable") if rows[number]][: 1 if len(rows) == 2 else 6]
        for place, number in enumerate(numbers):
            truth = fitted.truth == number
            precision, recall, _ = precision_recall_curve(truth, fitted.predicted[:, number])
            colour, label = style.SERIES[place], style.shorten(classes[number], 18)
            axes.plot(recall, precision, color=colour, linewidth=1.5, drawstyle="steps-post", label=label)
            axes.axhline(truth.mean(), color=colour, linewidth=0.8, linestyle=(0, (3, 3)))
        axes.set_xlim(-0.02, 1.02)
        axes.set_ylim(-0.02, 1.04)
        axes.set_xlabel("recall (dashed: baseline)")
        axes.set_ylabel("precision")
        axes.grid()
        axes.legend(loc="upper right")

    return draw


def _roc(fitted: TrainingResult) -> Callable[[Axes], None]:
    classes = fitted.model.classes

    def draw(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], color=style.MUTED, linewidth=0.8, linestyle=(0, (3, 3)))
        numbers = [1] if len(classes) == 2 else range(min(len(classes), 6))
        for place, number in enumerate(numbers):
            truth = fitted.truth == number
            if 0 < truth.sum() < len(truth):
                false, hits, _ = roc_curve(truth, fitted.predicted[:, number])
                axes.plot(
                    false, hits, color=style.SERIES[place], linewidth=1.5, label=style.shorten(classes[number], 18)
                )
        axes.set_xlim(-0.02, 1.02)
        axes.set_ylim(-0.02, 1.04)
        axes.set_xlabel("false positive rate")
        axes.set_ylabel("true positive rate")
        axes.grid()
        if axes.get_legend_handles_labels()[0]:
            axes.legend(loc="lower right")

    return draw


def _confidence(fitted: TrainingResult) -> Callable[[Axes], None]:
    def draw(axes: Axes) -> None:
        chosen = fitted.model.choose(fitted.predicted)
        right = fitted.truth == chosen
        sure = fitted.predicted[np.arange(len(chosen)), chosen]
        lowest = 1 / len(fitted.model.classes) if fitted.model.class_weights is None else 0.0
        edges = list(np.linspace(lowest, 1, 16))
        axes.hist(
            [sure[right], sure[~right]],
            bins=edges,
            stacked=True,
            color=[style.ACCENT, style.LOSS],
            label=["right", "wrong"],
        )
        if fitted.model.confidence_threshold is not None:
            axes.axvline(fitted.model.confidence_threshold, color=style.INK, linewidth=1, linestyle=(0, (3, 3)))
        axes.set_xlabel("confidence")
        axes.set_ylabel("rows of the test part")
        axes.grid(axis="y")
        axes.legend(loc="upper left")

    return draw
