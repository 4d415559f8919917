"""Compute metrics as plain numbers. An undefined metric is None, never NaN."""

import math
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from sklearn import metrics

Scores = dict[str, float | None]
SILHOUETTE_ROWS = 5_000
"""The silhouette compares every row with every other, so larger sets are sampled."""


def score_classes(truth: Any, probabilities: Any, predicted: Any, rarest: int) -> Scores:
    """Score a classification.

    ``truth``, ``predicted``: class numbers; ``probabilities``: one column for each class; ``rarest``: the class that
    the average precision is of, if there are two.
    """
    every = list(range(probabilities.shape[1]))
    scores: dict[str, Any] = {
        "accuracy": metrics.accuracy_score(truth, predicted),
        "balanced_accuracy": metrics.balanced_accuracy_score(truth, predicted),
        "log_loss": metrics.log_loss(truth, probabilities, labels=every),
        "average_precision": _average_precision(truth, probabilities, rarest),
        "roc_auc": _roc_auc(truth, probabilities, every),
    }
    for average, ending in (("weighted", ""), ("macro", "_macro")):
        precision, recall, f1, _ = metrics.precision_recall_fscore_support(
            truth, predicted, average=average, zero_division=0
        )
        scores |= {f"precision{ending}": precision, f"recall{ending}": recall, f"f1{ending}": f1}
    return round_scores(scores)


def score_numbers(truth: Any, predicted: Any) -> Scores:
    mse = metrics.mean_squared_error(truth, predicted)
    r2 = metrics.r2_score(truth, predicted) if len(truth) > 1 else math.nan
    return round_scores(
        {"r2": r2, "mse": mse, "rmse": math.sqrt(mse), "mae": metrics.mean_absolute_error(truth, predicted)}
    )


def score_clusters(features: Any, clusters: Any, seed: int) -> Scores:
    sample = len(features) if len(features) <= SILHOUETTE_ROWS else SILHOUETTE_ROWS
    chosen = np.sort(np.random.default_rng(seed).choice(len(features), sample, replace=False))
    groups = len(np.unique(clusters[chosen]))
    if not 2 <= groups < sample:
        return {"silhouette": None, "davies_bouldin": None, "calinski_harabasz": None}
    return round_scores(
        {
            "silhouette": metrics.silhouette_score(features[chosen], clusters[chosen]),
            "davies_bouldin": metrics.davies_bouldin_score(features, clusters),
            "calinski_harabasz": metrics.calinski_harabasz_score(features, clusters),
        }
    )


def score_anomalies(known: Any, flagged: Any, score: Any) -> Scores:
    """Score anomalies. ``known`` and ``flagged``: booleans; ``score``: higher for a more unusual row."""
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(
        known, flagged, average="binary", zero_division=0
    )
    both = 0 < known.sum() < len(known)
    return round_scores(
        {
            "precision": precision,
            "recall": recall,
            "f1": f1,
            "roc_auc": metrics.roc_auc_score(known, score) if both else math.nan,
            "average_precision": metrics.average_precision_score(known, score) if both else math.nan,
        }
    )


def summarise(folds: Iterable[Mapping[str, float | None]]) -> dict[str, Scores]:
    """Return mean and standard deviation of each metric, over the folds where it is defined."""
    folds = list(folds)
    summary: dict[str, Scores] = {}
    for name in folds[0]:
        found = [value for fold in folds if (value := fold[name]) is not None]
        summary[name] = {"mean": None, "std": None}
        if found:
            summary[name] = round_scores({"mean": float(np.mean(found)), "std": float(np.std(found))})
    return summary


def round_scores(scores: Mapping[str, Any]) -> Scores:
    """Round to six significant digits: further digits differ between processors."""
    return {name: float(f"{value:.6g}") if math.isfinite(value) else None for name, value in scores.items()}


def _average_precision(truth: Any, probabilities: Any, rarest: int) -> float:
    """Return the mean over the classes that the rows hold; of two classes, that of the rarer one. NaN without rows."""
    classes = [rarest] if probabilities.shape[1] == 2 else range(probabilities.shape[1])
    found = [average_precision_of(truth, probabilities, number) for number in classes]
    known = [value for value in found if value is not None]
    return float(np.mean(known)) if known else math.nan


def average_precision_of(truth: Any, probabilities: Any, number: int) -> float | None:
    """Return the average precision of one class against the rest; None if no row is of it."""
    of_class = truth == number
    return float(metrics.average_precision_score(of_class, probabilities[:, number])) if of_class.any() else None


def _roc_auc(truth: Any, probabilities: Any, every: list[int]) -> float:
    """Score one class against the rest, weighted by its rows. NaN unless the rows hold every class."""
    if len(np.unique(truth)) < len(every):
        return math.nan
    if len(every) == 2:
        return float(metrics.roc_auc_score(truth, probabilities[:, 1]))
    return float(metrics.roc_auc_score(truth, probabilities, multi_class="ovr", average="weighted", labels=every))
