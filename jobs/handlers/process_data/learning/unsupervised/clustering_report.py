"""Make the report about clusters."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from jobs.handlers.process_data.learning.models.model import Model
from jobs.handlers.process_data.learning.report import charts, sentences, style
from jobs.handlers.process_data.learning.report.metrics import list_metrics
from jobs.handlers.process_data.learning.report.parts import Chart, Cover, Draw, Listing, Report
from jobs.handlers.process_data.learning.report.verdicts import judge_clusters
from jobs.handlers.process_data.learning.supervised.facts import name_features
from jobs.handlers.process_data.learning.unsupervised.cluster_fit import ClusterFit

_METRICS = {
    "silhouette": ("Silhouette", "−1 to 1; higher is better"),
    "davies_bouldin": ("Davies–Bouldin", "lower is better"),
    "calinski_harabasz": ("Calinski–Harabasz", "higher is better"),
}
_MAX_CLUSTERS, _MAX_COLUMNS = 10, 9
_ALIKE = "Differs little from all rows in any one column."


def clustering_report(
    model: Model,
    features: Any,
    assigned: Any,
    fits: Sequence[ClusterFit],
    metrics: dict[str, Any],
    baseline: dict[str, Any],
    details: dict[str, Any],
    *,
    cover: Cover,
    seed: int,
) -> Report:
    clusters, rows = metrics["clusters"], metrics["rows"]
    is_searched = len(fits) > 1
    facts = [
        ("Rows", f"{rows:,}"),
        ("Clusters", f"{clusters:,}, {'by the best silhouette' if is_searched else 'as asked for'}"),
        ("Model", model.name),
        ("Seed", str(seed)),
        ("Features", name_features([column.name for column in model.used], len(model.columns))),
    ]
    if "uncertain" in metrics:
        facts.append(("Uncertain", f"{metrics['uncertain']:,} rows"))
    return Report(
        title=f"{clusters:,} clusters in {rows:,} rows",
        subtitle="Groups of rows that are like each other, found by k-means",
        verdict=judge_clusters(clusters, metrics["silhouette"], baseline["silhouette"]),
        facts=facts,
        warnings=[*sentences.warn_of_few_rows_in_all(rows), *_warn_of_small(details, rows)],
        findings=sentences.say_left_out(details["left_out"]),
        metrics=list_metrics(_METRICS, metrics, baseline),
        baseline="The baseline is the same clusters with their rows shuffled, so that they hold nothing in common.",
        parts=[
            _listing(details, rows),
            Chart(
                title="The rows, seen from their two main directions",
                reading="Each point is a row. All columns are pressed into two directions, so clusters can overlap "
                "here and be apart in fact.",
                draw=_scatter(features, assigned),
                height=230,
            ),
            *_profiles(details, cover),
            *([_silhouettes(fits, clusters)] if is_searched else []),
        ],
    )


def _listing(details: dict[str, Any], rows: int) -> Listing:
    return Listing(
        title="What makes each cluster",
        reading="The columns in which a cluster differs most from all rows, the strongest first.",
        heads=("Cluster", "Rows", "Differs from all rows by"),
        rows=[
            (
                str(item["cluster"]),
                f"{item['rows']:,} ({style.format_share(item['rows'] / rows)})",
                ". ".join(item["differs"]) + "." if item["differs"] else _ALIKE,
            )
            for item in details["clusters"]
        ],
        widths=(0.1, 0.17, 0.73),
    )


def _warn_of_small(details: dict[str, Any], rows: int) -> list[str]:
    small = [str(item["cluster"]) for item in details["clusters"] if item["rows"] < max(3, rows / 100)]
    if not small:
        return []
    which = f"Cluster {small[0]} holds" if len(small) == 1 else f"Clusters {', '.join(small[:5])} hold"
    return [f"{which} hardly any rows. Such a cluster is rather a few unusual rows than a group."]


def _scatter(features: Any, assigned: Any) -> Draw:
    def draw(axes: Axes) -> None:
        chosen, points, shares = charts.project_to_plane(features)
        for cluster in range(int(assigned.max()) + 1):
            members = points[assigned[chosen] == cluster]
            colour = style.SERIES[cluster % len(style.SERIES)]
            label = f"cluster {cluster}"
            axes.scatter(members[:, 0], members[:, 1], s=12, alpha=0.65, linewidths=0, color=colour, label=label)
        charts.name_axes(axes, shares)
        if assigned.max() < len(style.SERIES):
            charts.add_legend(axes)

    return draw


def _silhouettes(fits: Sequence[ClusterFit], winner: int) -> Chart:
    def draw(axes: Axes) -> None:
        places, heights = range(len(fits)), [item.silhouette for item in fits]
        axes.plot(places, heights, color=style.ACCENT, linewidth=1.5, marker="o", markersize=4)
        best = [item.clusters for item in fits].index(winner)
        axes.plot([best], [heights[best]], marker="o", markersize=9, color=style.SERIES[1])
        axes.set_xticks(places, [str(item.clusters) for item in fits])
        axes.set_xlabel("number of clusters")
        axes.set_ylabel("silhouette (−1 to 1)")
        axes.grid(axis="y")

    return Chart(
        title="Silhouette by number of clusters",
        reading="The higher, the further the clusters are apart. The orange point was taken.",
        draw=draw,
        height=160,
    )


def _profiles(details: dict[str, Any], cover: Cover) -> list[Chart]:
    """Draw the medians of numbers in each cluster, coloured by their distance from the mean of the clusters."""
    clusters = details["clusters"][:_MAX_CLUSTERS]
    numeric = [
        name
        for name in clusters[0]["typical"]
        if all(isinstance(item["typical"][name], float) for item in clusters)
        and len({item["typical"][name] for item in clusters}) > 1
    ][:_MAX_COLUMNS]
    if not numeric:
        return []
    table = np.array([[item["typical"][name] for item in clusters] for name in numeric])

    def draw(axes: Axes) -> None:
        spread = table.std(axis=1, keepdims=True)
        apart = (table - table.mean(axis=1, keepdims=True)) / np.where(spread > 0, spread, 1)
        axes.pcolormesh(apart, cmap="PuOr_r", vmin=-3, vmax=3, edgecolors="white", linewidth=1.5)
        axes.invert_yaxis()
        axes.set_yticks(np.arange(len(numeric)) + 0.5, [cover.name_with_unit(name, 28) for name in numeric])
        axes.set_xticks(np.arange(len(clusters)) + 0.5, [f"cluster {item['cluster']}" for item in clusters])
        if len(clusters) > 6:
            axes.set_xticks(axes.get_xticks(), [str(item["cluster"]) for item in clusters])
            axes.set_xlabel("cluster")
        for row in range(len(numeric)):
            for column in range(len(clusters)):
                text = style.format_short(float(table[row, column]))
                axes.text(
                    column + 0.5, row + 0.5, text, ha="center", va="center", fontsize=9 if len(clusters) < 8 else 7
                )
        for spine in axes.spines.values():
            spine.set_visible(False)

    return [
        Chart(
            title="Medians of each cluster",
            reading="Orange is above the mean of the clusters, violet below it. The figures are medians.",
            draw=draw,
            height=55.0 + 24.0 * len(numeric),
        )
    ]
