"""Make the page about anomalies."""

from collections.abc import Callable
from typing import Any

from matplotlib.axes import Axes
from sklearn.metrics import precision_recall_curve

from jobs.handlers.process_data.learning.models.model import Model
from jobs.handlers.process_data.learning.report import charts, style
from jobs.handlers.process_data.learning.report.page import Chart, Page

_NAMES = {
    "precision": ("Precision", "known, of those marked"),
    "recall": ("Recall", "marked, of those known"),
    "f1": ("F1", "mean of both"),
    "roc_auc": ("ROC AUC", "0.5 is chance"),
    "average_precision": ("Average precision", "over all thresholds"),
}


def anomalies_page(
    model: Model,
    features: Any,
    scores: Any,
    flagged: Any,
    known: Any,
    metrics: dict[str, Any],
    baseline: dict[str, Any],
    details: dict[str, Any],
) -> Page:
    rows = [
        (
            "Share marked",
            style.format_number(metrics["share"]),
            style.format_number(baseline["share"]),
            "requested contamination",
        ),
        ("Mean score", style.format_number(metrics["mean_score"]), "–", "0 to 1, higher is more unusual"),
    ]
    shown = [
        Chart(title="Scores, and the threshold", draw=_scores(scores, metrics["threshold"])),
        Chart(title="The rows on two principal components", draw=_scatter(features, flagged)),
    ]
    if known is not None:
        rows += [
            (name, style.format_number(metrics[key]), style.format_number(baseline[key]), text)
            for key, (name, text) in _NAMES.items()
        ]
        shown.append(Chart(title="Precision by recall", draw=_precision(known, scores)))
    shown.append(Chart(title="The most unusual rows", draw=_strangest(details)))
    return Page(
        title=f"{metrics['anomalies']:,} anomalies in {metrics['rows']:,} rows",
        subtitle=f"{model.name.capitalize()}; the share of anomalies is the requested one",
        facts=[
            ("Rows", f"{metrics['rows']:,}"),
            ("Columns used", f"{len(model.used):,} of {len(model.columns):,}"),
            ("Threshold", style.format_number(metrics["threshold"])),
            ("Known anomalies", f"{metrics['labelled']:,}" if known is not None else "–"),
        ],
        heads=("Metric", "Model", "Baseline", "Reading"),
        rows=rows,
        charts=shown,
        note="Baseline: as many rows marked at random. A row is marked when its score is above the threshold.",
    )


def _strangest(details: dict[str, Any]) -> Callable[[Axes], None]:
    def draw(axes: Axes) -> None:
        rows = [(f"row {item['row'] + 1:,}", item["score"]) for item in details["strangest"]]
        charts.bars(rows, "score")(axes)

    return draw


def _scores(scores: Any, threshold: float) -> Callable[[Axes], None]:
    def draw(axes: Axes) -> None:
        _, edges, bars = axes.hist(scores, bins=40, color=style.ACCENT)
        for edge, bar in zip(edges, bars.patches, strict=False):  # type: ignore[union-attr]
            if edge >= threshold:
                bar.set_facecolor(style.SERIES[1])
        axes.axvline(threshold, color=style.INK, linewidth=1, linestyle=(0, (3, 3)))
        axes.set_xlabel("score")
        axes.set_ylabel("rows")
        axes.grid(axis="y")

    return draw


def _scatter(features: Any, flagged: Any) -> Callable[[Axes], None]:
    def draw(axes: Axes) -> None:
        chosen, points, shares = charts.project_to_plane(features)
        for is_anomaly, colour, name in ((False, style.ACCENT, "normal"), (True, style.SERIES[1], "anomaly")):
            members = points[flagged[chosen] == is_anomaly]
            axes.scatter(members[:, 0], members[:, 1], s=10, alpha=0.65, linewidths=0, color=colour, label=name)
        charts.name_axes(axes, shares)
        axes.legend(loc="best", handletextpad=0.1, markerscale=1.4)

    return draw


def _precision(known: Any, scores: Any) -> Callable[[Axes], None]:
    def draw(axes: Axes) -> None:
        if known.any():
            precision, recall, _ = precision_recall_curve(known, scores)
            axes.plot(recall, precision, color=style.ACCENT, linewidth=1.5, drawstyle="steps-post")
        axes.axhline(known.mean(), color=style.MUTED, linewidth=0.8, linestyle=(0, (3, 3)))
        axes.set_xlim(-0.02, 1.02)
        axes.set_ylim(-0.02, 1.04)
        axes.set_xlabel("recall")
        axes.set_ylabel("precision")
        axes.grid()

    return draw
