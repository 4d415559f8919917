"""Make the report about anomalies."""

from typing import Any

from matplotlib.axes import Axes
from sklearn.metrics import precision_recall_curve

from jobs.handlers.process_data.learning.models.model import Model
from jobs.handlers.process_data.learning.report import charts, sentences, style
from jobs.handlers.process_data.learning.report.metrics import list_metrics
from jobs.handlers.process_data.learning.report.parts import Chart, Draw, Listing, Metric, Report
from jobs.handlers.process_data.learning.report.verdicts import judge_anomalies
from jobs.handlers.process_data.learning.supervised.facts import name_features

_METRICS = {
    "precision": ("Precision", "of the rows marked, the share that are known anomalies"),
    "recall": ("Recall", "of the known anomalies, the share that are marked"),
    "f1": ("F1", "both in one"),
    "roc_auc": ("ROC AUC", "order by score; 0.5 is chance, 1 is perfect"),
    "average_precision": ("Average precision", "precision over all thresholds"),
}
_UNUSUAL_TOGETHER = "Its values are unusual together rather than each by itself."


def anomalies_report(
    model: Model,
    features: Any,
    scores: Any,
    flagged: Any,
    known: Any,
    metrics: dict[str, Any],
    baseline: dict[str, Any],
    details: dict[str, Any],
    *,
    seed: int,
) -> Report:
    rows, labelled = metrics["rows"], metrics.get("labelled")
    facts = [
        ("Rows", f"{rows:,}"),
        ("Marked", f"{metrics['anomalies']:,} ({style.format_share(metrics['share'])})"),
        ("Known anomalies", f"{labelled:,} by '{details['label']}'" if labelled is not None else "none given"),
        ("Model", model.name),
        ("Seed", str(seed)),
        ("Features", name_features([column.name for column in model.used], len(model.columns))),
    ]
    parts: list[Chart | Listing] = [
        _strangest(details),
        Chart(
            title="Scores, and the threshold",
            reading="Rows right of the dashed line are marked. A gap before them speaks for true outliers; without one "
            "the line is drawn where the asked share ends.",
            draw=_scores(scores, metrics["threshold"]),
        ),
        Chart(
            title="The rows, seen from their two main directions",
            reading="Each point is a row. All columns are pressed into two directions, so a marked row can lie among "
            "the others here.",
            draw=_scatter(features, flagged),
            height=220,
        ),
    ]
    if known is not None and known.any():
        parts.append(
            Chart(
                title="Precision by recall",
                reading="The higher the line, the fewer false alarms for what is found. Dashed: by chance.",
                draw=_precision(known, scores),
            )
        )
    return Report(
        title=f"{metrics['anomalies']:,} anomalies in {rows:,} rows",
        subtitle="Rows that are unlike the others, found by an isolation forest",
        verdict=judge_anomalies(
            metrics["anomalies"], rows, known=labelled, recall=metrics.get("recall"), chance=baseline.get("recall")
        ),
        facts=facts,
        warnings=[
            *sentences.warn_of_few_rows_in_all(rows),
            *([f"The label '{details['label']}' marks no row, so nothing can be compared."] if labelled == 0 else []),
        ],
        findings=sentences.say_left_out(details["left_out"]),
        metrics=_list_metrics(metrics, baseline, has_label=known is not None),
        baseline="The baseline is as many rows marked at random. "
        "A row is marked when its score is above the threshold.",
        parts=parts,
    )


def _list_metrics(metrics: dict[str, Any], baseline: dict[str, Any], *, has_label: bool) -> list[Metric]:
    number = style.format_number
    found = [
        Metric(
            name="Share marked",
            reading="the baseline is the share that was asked for",
            value=number(metrics["share"]),
            baseline=number(baseline["share"]),
        ),
        Metric(name="Threshold", reading="of the score", value=number(metrics["threshold"]), baseline="–"),
        Metric(
            name="Mean score",
            reading="0 to 1; higher is more unusual",
            value=number(metrics["mean_score"]),
            baseline="–",
        ),
    ]
    if has_label:
        found += list_metrics(_METRICS, metrics, baseline)
    return found


def _strangest(details: dict[str, Any]) -> Listing:
    return Listing(
        title="The most unusual rows",
        reading="Rows are counted from 1, in the order of the output. Named is what is furthest from the other rows.",
        heads=("Row", "Score", "What is unusual"),
        rows=[
            (
                f"{item['row'] + 1:,}",
                style.format_number(item["score"]),
                ". ".join(item["unusual"]) + "." if item["unusual"] else _UNUSUAL_TOGETHER,
            )
            for item in details["strangest"]
        ],
        widths=(0.12, 0.1, 0.78),
    )


def _scores(scores: Any, threshold: float) -> Draw:
    def draw(axes: Axes) -> None:
        is_marked = scores > threshold
        axes.hist(
            [scores[~is_marked], scores[is_marked]],
            bins=40,
            stacked=True,
            color=[style.ACCENT, style.SERIES[1]],
            label=["not marked", "marked"],
        )
        axes.axvline(threshold, color=style.INK, linewidth=1, linestyle=(0, (3, 3)))
        axes.set_xlabel("score (0 to 1, higher is more unusual)")
        axes.set_ylabel("rows")
        axes.grid(axis="y")
        charts.add_legend(axes)

    return draw


def _scatter(features: Any, flagged: Any) -> Draw:
    def draw(axes: Axes) -> None:
        chosen, points, shares = charts.project_to_plane(features)
        for is_anomaly, colour, name in ((False, style.ACCENT, "not marked"), (True, style.SERIES[1], "marked")):
            members = points[flagged[chosen] == is_anomaly]
            axes.scatter(members[:, 0], members[:, 1], s=12, alpha=0.65, linewidths=0, color=colour, label=name)
        charts.name_axes(axes, shares)
        charts.add_legend(axes)

    return draw


def _precision(known: Any, scores: Any) -> Draw:
    def draw(axes: Axes) -> None:
        precision, recall, _ = precision_recall_curve(known, scores)
        axes.plot(recall, precision, color=style.ACCENT, linewidth=1.5, drawstyle="steps-post")
        axes.axhline(known.mean(), color=style.MUTED, linewidth=0.8, linestyle=(0, (3, 3)))
        axes.set_xlim(-0.02, 1.02)
        axes.set_ylim(-0.02, 1.04)
        axes.set_xlabel("recall (share of the known anomalies that is found)")
        axes.set_ylabel("precision (share that is right)")
        axes.grid()

    return draw
