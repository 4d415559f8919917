"""Draw the charts that several kinds of model share."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from sklearn.decomposition import PCA

from jobs.handlers.process_data.learning.report import style

MAX_POINTS = 3_000
_MAX_BARS = 10


def bars(items: Sequence[tuple[str, float]], label: str) -> Callable[[Axes], None]:
    """Draw horizontal bars, the first on top."""

    def draw(axes: Axes) -> None:
        chosen = list(items[:_MAX_BARS])[::-1]
        sizes = [size for _, size in chosen]
        axes.barh(range(len(chosen)), sizes, color=style.ACCENT, height=0.62)
        axes.set_yticks(range(len(chosen)), [style.shorten(name, 17) for name, _ in chosen])
        axes.set_ylim(len(chosen) - max(6, len(chosen)) - 0.5, len(chosen) - 0.5)
        axes.axvline(0, color=style.RULE, linewidth=0.8)
        axes.set_xlabel(label)
        axes.grid(axis="x")
        axes.spines["left"].set_visible(False)
        axes.locator_params(axis="x", nbins=5)

    return draw


def importances(found: Sequence[dict[str, Any]], label: str) -> Callable[[Axes], None]:
    return bars([(item["column"], item["importance"]) for item in found], label)


def project_to_plane(features: Any, seed: int = 0) -> tuple[Any, Any, tuple[float, float]]:
    """Return the positions of the shown rows, their points on two main axes, and the variance share of each axis."""
    random = np.random.default_rng(seed)
    chosen = np.sort(random.choice(len(features), min(MAX_POINTS, len(features)), replace=False))
    points = features[chosen]
    if points.shape[1] == 1:
        return chosen, np.column_stack([points[:, 0], np.zeros(len(points))]), (1.0, 0.0)
    pca = PCA(2, random_state=seed)
    found = pca.fit_transform(points)
    first, second = pca.explained_variance_ratio_
    return chosen, found, (float(first), float(second))


def name_axes(axes: Axes, shares: tuple[float, float]) -> None:
    axes.set_xlabel(f"1st component ({shares[0]:.0%} of variance)")
    axes.set_ylabel(f"2nd component ({shares[1]:.0%})")
    axes.set_xticks([])
    axes.set_yticks([])


def cross_validation(scores: dict[str, dict[str, float | None]], metric: str) -> str:
    """Write mean ± standard deviation."""
    found = scores[metric]
    return (
        f"{style.format_number(found['mean'])} ± {style.format_number(found['std'])}"
        if found["mean"] is not None
        else "–"
    )
