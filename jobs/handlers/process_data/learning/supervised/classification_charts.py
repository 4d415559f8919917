"""Draw the charts about a classification."""

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from sklearn.metrics import precision_recall_curve, roc_curve

from jobs.handlers.process_data.learning.report import charts, style
from jobs.handlers.process_data.learning.report.parts import Chart, Draw
from jobs.handlers.process_data.learning.supervised.training import TrainingResult

_MAX_CLASSES, _MAX_CURVES = 12, 6


def confusion(counts: Any, classes: tuple[Any, ...]) -> Chart:
    """``counts``: the test rows by true class (row) and given class (column)."""
    size = min(len(classes), _MAX_CLASSES)
    of = f" Of {len(classes):,} classes, the {size} largest are shown." if size < len(classes) else ""

    def draw(axes: Axes) -> None:
        chosen = np.sort(np.argsort(-counts.sum(axis=1), kind="stable")[:size])
        part = counts[np.ix_(chosen, chosen)]
        shares = part / np.maximum(counts[chosen].sum(axis=1, keepdims=True), 1)
        axes.pcolormesh(shares, cmap="Blues", vmin=0, vmax=1.15, edgecolors="white", linewidth=1.5)
        axes.invert_yaxis()
        names = [style.shorten(classes[number], 24) for number in chosen]
        below = [style.shorten_inside(name, 24 if size <= 4 else 13) for name in names]
        is_turned = max(map(len, below)) * size > 70
        turned: dict[str, Any] = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"} if is_turned else {}
        places = np.arange(size) + 0.5
        axes.set_xticks(places, below, **turned)
        axes.set_yticks(places, names)
        axes.set_xlabel("class that the model gives")
        axes.set_ylabel("true class")
        for row in range(size):
            for column in range(size):
                colour = "white" if shares[row, column] > 0.55 else style.INK
                text = f"{part[row, column]:,}" if part[row, column] else "·"
                axes.text(column + 0.5, row + 0.5, text, ha="center", va="center", color=colour, fontsize=9)
        for spine in axes.spines.values():
            spine.set_visible(False)

    return Chart(
        title="Where it is right and where it is wrong",
        reading=f"Rows of the test part, by their true class and by the class that the model gives. On the diagonal it "
        f"is right. The darker, the more of the true class.{of}",
        draw=draw,
        height=85.0 + 22.0 * max(4, size),
    )


def precision(fitted: TrainingResult) -> Chart:
    classes = fitted.model.classes

    def draw(axes: Axes) -> None:
        rows = np.bincount(fitted.truth, minlength=len(classes))
        # The rarest classes; of two, the rarer one.
        numbers = [number for number in np.argsort(rows, kind="stable") if rows[number]]
        for place, number in enumerate(numbers[: 1 if len(rows) == 2 else _MAX_CURVES]):
            truth = fitted.truth == number
            shares, recall, _ = precision_recall_curve(truth, fitted.predicted[:, number])
            colour, label = style.SERIES[place], style.shorten(classes[number], 18)
            axes.plot(recall, shares, color=colour, linewidth=1.5, drawstyle="steps-post", label=label)
            axes.axhline(truth.mean(), color=colour, linewidth=0.8, linestyle=(0, (3, 3)))
        axes.set_xlim(-0.02, 1.02)
        axes.set_ylim(-0.02, 1.04)
        axes.set_xlabel("recall (share of the class that is found)")
        axes.set_ylabel("precision (share that is right)")
        axes.grid()
        charts.add_legend(axes)

    return Chart(
        title="Precision by recall",
        reading="The higher the line, the fewer false alarms for what is found. Dashed: by chance.",
        draw=draw,
        height=200,
    )


def roc(fitted: TrainingResult) -> Chart:
    classes = fitted.model.classes

    def draw(axes: Axes) -> None:
        axes.plot([0, 1], [0, 1], color=style.MUTED, linewidth=0.8, linestyle=(0, (3, 3)))
        numbers = [1] if len(classes) == 2 else range(min(len(classes), _MAX_CURVES))
        for place, number in enumerate(numbers):
            truth = fitted.truth == number
            if truth.any() and not truth.all():
                wrong, right, _ = roc_curve(truth, fitted.predicted[:, number])
                label = style.shorten(classes[number], 18)
                axes.plot(wrong, right, color=style.SERIES[place], linewidth=1.5, label=label)
        axes.set_xlim(-0.02, 1.02)
        axes.set_ylim(-0.02, 1.02)
        axes.set_xlabel("share of the other rows that are taken for it")
        axes.set_ylabel("share of the class that is found")
        axes.grid()
        if axes.get_legend_handles_labels()[0]:
            charts.add_legend(axes)

    return Chart(
        title="ROC curve",
        reading="The further the line bends to the upper left, the better the classes are told apart. "
        "Dashed: by chance.",
        draw=draw,
        height=200,
    )


def confidence(fitted: TrainingResult) -> Draw:
    def draw(axes: Axes) -> None:
        chosen = fitted.model.choose(fitted.predicted)
        right = fitted.truth == chosen
        sure = fitted.predicted[np.arange(len(chosen)), chosen]
        lowest = 1 / len(fitted.model.classes) if fitted.model.class_weights is None else 0.0
        axes.hist(
            [sure[right], sure[~right]],
            bins=list(np.linspace(lowest, 1, 16)),
            stacked=True,
            color=[style.ACCENT, style.LOSS],
            label=["right", "wrong"],
        )
        if fitted.model.confidence_threshold is not None:
            axes.axvline(fitted.model.confidence_threshold, color=style.INK, linewidth=1, linestyle=(0, (3, 3)))
        axes.set_xlabel("confidence (0 to 1)")
        axes.set_ylabel("rows of the test part")
        axes.grid(axis="y")
        charts.add_legend(axes)

    return draw
