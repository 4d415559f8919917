"""Draw the charts that several kinds of model share."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from sklearn.decomposition import PCA

from jobs.handlers.generate_report.pdf.fonts import text_width
from jobs.handlers.process_data.learning.report import style
from jobs.handlers.process_data.learning.report.parts import Chart, Draw

MAX_POINTS = 2_000
_MAX_BARS = 10
_LEGEND_SIZE, _LEGEND_MARK, _LEGEND_MARGIN = 9, 38, 60
"""In points: of the text, of the mark and the space beside a label, and of the space beside the axes."""


def bars(items: Sequence[tuple[str, float]], label: str) -> Draw:
    """Draw horizontal bars, the first on top."""

    def draw(axes: Axes) -> None:
        chosen = list(items[:_MAX_BARS])[::-1]
        sizes = [size for _, size in chosen]
        axes.barh(range(len(chosen)), sizes, color=style.ACCENT, height=0.62)
        axes.set_yticks(range(len(chosen)), [style.shorten(name, 30) for name, _ in chosen])
        axes.axvline(0, color=style.MUTED, linewidth=0.8)
        axes.set_xlabel(label)
        axes.grid(axis="x")
        axes.spines["left"].set_visible(False)
        axes.locator_params(axis="x", nbins=6)

    return draw


def importances(found: Sequence[dict[str, Any]], measure: str) -> Chart:
    items = [(item["column"], item["importance"]) for item in found]
    return Chart(
        title="Importance of columns",
        reading=f"The longer the bar, the more {measure} falls when the values of that column are shuffled.",
        draw=bars(items, f"loss of {measure}"),
        height=70.0 + 17.0 * min(_MAX_BARS, len(items)),
    )


def add_legend(axes: Axes) -> None:
    """Put the legend above the axes, where it covers no data, on as many lines as its labels need."""
    _, labels = axes.get_legend_handles_labels()
    widest = max(text_width(label, _LEGEND_SIZE) for label in labels) + _LEGEND_MARK
    columns = int((axes.figure.bbox.width - _LEGEND_MARGIN) // widest)
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(0, 1.0),
        ncols=max(1, min(len(labels), columns)),
        borderaxespad=0.4,
        handletextpad=0.5,
        columnspacing=1.4,
    )


def project_to_plane(features: Any, seed: int = 0) -> tuple[Any, Any, tuple[float, float]]:
    """Return the positions of the shown rows, their points on two main axes, and the variance share of each axis."""
    random = np.random.default_rng(seed)
    chosen = np.sort(random.choice(len(features), min(MAX_POINTS, len(features)), replace=False))
    points = features[chosen]
    if points.shape[1] == 1:
        return chosen, np.column_stack([points[:, 0], np.zeros(len(points))]), (1.0, 0.0)
    pca = PCA(2, random_state=seed)
    found = pca.fit_transform(points)
    first, second = np.nan_to_num(pca.explained_variance_ratio_)
    return chosen, found, (float(first), float(second))


def name_axes(axes: Axes, shares: tuple[float, float]) -> None:
    """Name the axes of a projection. They are mixtures of all columns, so they have no unit and no marks."""
    axes.set_xlabel(f"1st main axis ({style.format_share(shares[0])} of the spread)")
    axes.set_ylabel(f"2nd ({style.format_share(shares[1])})")
    axes.set_xticks([])
    axes.set_yticks([])


def set_grid(axes: Axes) -> None:
    axes.grid()
    axes.locator_params(axis="x", nbins=7)
    axes.locator_params(axis="y", nbins=6)
