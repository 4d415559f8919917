"""Make the page about clusters."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from jobs.handlers.process_data.learning.models.model import Model
from jobs.handlers.process_data.learning.report import charts, style
from jobs.handlers.process_data.learning.report.page import Chart, Page
from jobs.handlers.process_data.learning.unsupervised.cluster_fit import ClusterFit

_NAMES = {
    "silhouette": ("Silhouette", "−1 to 1, higher is better"),
    "davies_bouldin": ("Davies–Bouldin", "lower is better"),
    "calinski_harabasz": ("Calinski–Harabasz", "higher is better"),
}


def clustering_page(
    model: Model,
    features: Any,
    assigned: Any,
    fits: Sequence[ClusterFit],
    metrics: dict[str, Any],
    baseline: dict[str, Any],
    details: dict[str, Any],
) -> Page:
    sizes = [(f"cluster {item['cluster']}", float(item["rows"])) for item in details["clusters"]]
    silhouettes = [(str(item.clusters), item.silhouette) for item in fits]
    shown = [Chart(title="The rows on two principal components", draw=_scatter(features, assigned))]
    if len(silhouettes) > 1:
        shown.append(
            Chart(title="Silhouette by number of clusters", draw=_silhouettes(silhouettes, metrics["clusters"]))
        )
    shown += [
        Chart(title="Rows in each cluster", draw=charts.bars(sizes, "rows")),
        Chart(title="Medians of each cluster", draw=_profile(details)),
    ]
    return Page(
        title=f"{metrics['clusters']} clusters in {metrics['rows']:,} rows",
        subtitle="k-means; "
        + ("number of clusters as requested" if len(silhouettes) == 1 else "number of clusters by the best silhouette"),
        facts=[
            ("Rows", f"{metrics['rows']:,}"),
            ("Columns used", f"{len(model.used):,} of {len(model.columns):,}"),
            ("Features", f"{features.shape[1]:,}"),
            ("Uncertain", f"{metrics['uncertain']:,}" if "uncertain" in metrics else "–"),
        ],
        heads=("Metric", "Clusters", "Baseline", "Reading"),
        rows=[
            (name, style.format_number(metrics[key]), style.format_number(baseline[key]), reading)
            for key, (name, reading) in _NAMES.items()
        ],
        charts=shown,
        note="Baseline: the same clusters with their rows shuffled.",
    )


def _scatter(features: Any, assigned: Any) -> Callable[[Axes], None]:
    def draw(axes: Axes) -> None:
        chosen, points, shares = charts.project_to_plane(features)
        for cluster in range(int(assigned.max()) + 1):
            members = points[assigned[chosen] == cluster]
            colour = style.SERIES[cluster % len(style.SERIES)]
            axes.scatter(members[:, 0], members[:, 1], s=10, alpha=0.65, linewidths=0, color=colour, label=str(cluster))
        charts.name_axes(axes, shares)
        if assigned.max() < len(style.SERIES):
            axes.legend(loc="best", ncols=2, handletextpad=0.1, columnspacing=0.8, markerscale=1.4)

    return draw


def _silhouettes(silhouettes: Sequence[tuple[str, float]], winner: int) -> Callable[[Axes], None]:
    def draw(axes: Axes) -> None:
        places = range(len(silhouettes))
        heights = [height for _, height in silhouettes]
        axes.plot(places, heights, color=style.ACCENT, linewidth=1.5, marker="o", markersize=4)
        best = [name for name, _ in silhouettes].index(str(winner))
        axes.plot([best], [heights[best]], marker="o", markersize=9, color=style.SERIES[1])
        axes.set_xticks(places, [name for name, _ in silhouettes])
        axes.set_xlabel("clusters")
        axes.set_ylabel("silhouette")
        axes.grid(axis="y")

    return draw


def _profile(details: dict[str, Any]) -> Callable[[Axes], None]:
    """Draw the medians of numbers per cluster, coloured by their distance from the mean of the clusters."""

    def draw(axes: Axes) -> None:
        clusters = details["clusters"][:10]
        numeric = [
            name
            for name, value in clusters[0]["typical"].items()
            if all(isinstance(item["typical"][name], float) for item in clusters) and value is not None
        ]
        table = np.array([[item["typical"][name] for item in clusters] for name in numeric]).reshape(-1, len(clusters))
        spread = table.std(axis=1)
        numeric = [name for name, width in zip(numeric, spread, strict=True) if width > 0][:9]
        table = table[spread > 0][:9]
        if not numeric:
            axes.text(0.5, 0.5, "no numbers to compare", ha="center", color=style.MUTED, transform=axes.transAxes)
            axes.set_axis_off()
            return
        apart = (table - table.mean(axis=1, keepdims=True)) / table.std(axis=1, keepdims=True)
        axes.imshow(apart, cmap="PuOr_r", vmin=-2.2, vmax=2.2, aspect="auto")
        axes.set_yticks(range(len(numeric)), [style.shorten(name, 17) for name in numeric])
        axes.set_xticks(range(len(clusters)), [str(item["cluster"]) for item in clusters])
        axes.set_xlabel("cluster (figures: its median)")
        for row in range(len(numeric)):
            for column in range(len(clusters)):
                text = f"{table[row, column]:.3g}".replace("-", "−")
                axes.text(column, row, text, ha="center", va="center", fontsize=6.5 if len(clusters) > 5 else 7.5)
        for spine in axes.spines.values():
            spine.set_visible(False)

    return draw
