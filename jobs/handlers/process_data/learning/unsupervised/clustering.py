"""Find groups of similar rows."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.pipeline import Pipeline

from jobs.handler import Permanent
from jobs.handlers.process_data.learning.features import values
from jobs.handlers.process_data.learning.features.columns import Column, Kind, used
from jobs.handlers.process_data.learning.fit import fit
from jobs.handlers.process_data.learning.models.file import dump_model, model_version
from jobs.handlers.process_data.learning.models.model import UNCERTAIN, Model
from jobs.handlers.process_data.learning.models.predictions import describe_columns, predict_all, with_predictions
from jobs.handlers.process_data.learning.options import LearningOptions
from jobs.handlers.process_data.learning.report.document import write_report
from jobs.handlers.process_data.learning.report.parts import Cover, Report
from jobs.handlers.process_data.learning.result import LearningResult
from jobs.handlers.process_data.learning.scores import score_clusters
from jobs.handlers.process_data.learning.steps import Steps
from jobs.handlers.process_data.learning.unsupervised.cluster_fit import ClusterFit
from jobs.handlers.process_data.learning.unsupervised.clustering_report import clustering_report
from jobs.handlers.process_data.learning.unsupervised.differences import Whole
from jobs.handlers.process_data.learning.unsupervised.features import encode_all

MINI_BATCH_MIN_ROWS = 20_000
"""The rows from which on clusters are fitted in mini-batches."""
_MAX_CLUSTERS = 10
_RESTARTS = 10


def learn_clusters(frame: pd.DataFrame, options: LearningOptions, steps: Steps) -> LearningResult:
    columns, encoder, features = encode_all(frame, options, steps)
    numbers = _cluster_counts(features, options)
    total = len(numbers) + 1
    fits = []
    for done, clusters in enumerate(numbers, start=1):
        steps.check()
        fits.append(_fit_clusters(features, clusters, options))
        steps.partial({"clusters": clusters, "scores": fits[-1].scores})
        steps.model(done, total, f"{clusters} clusters: silhouette {fits[-1].silhouette:.3f}", clusters=clusters)
    best = max(fits, key=lambda item: item.silhouette)  # of equal ones the fewest clusters
    model = Model(
        task="clustering",
        name="k-means",
        pipeline=Pipeline([("encode", encoder), ("model", best.estimator)]),
        columns=columns,
        confidence_threshold=options.confidence_threshold,
    )
    predicted = predict_all(model, frame, steps)
    assigned = predicted["cluster"].to_numpy()
    metrics: dict[str, Any] = {**best.scores, "clusters": best.clusters, "rows": len(frame)}
    if options.confidence_threshold is not None:
        metrics["uncertain"] = int((predicted["certainty"] == UNCERTAIN).sum())
    model.metrics.update(metrics)
    shuffled = np.random.default_rng(options.seed).permutation(assigned)
    baseline = dict(score_clusters(features, shuffled, options.seed))
    details = {
        **describe_columns(columns),
        "candidates": [{"clusters": item.clusters, "scores": item.scores} for item in fits],
        "chosen_by": "silhouette" if options.n_clusters is None else "n_clusters",
        "clusters": _describe(frame, used(columns), assigned),
    }
    steps.model(total, total, f"{len(frame):,} rows assigned to {best.clusters} clusters", rows=len(frame))

    def make_report(cover: Cover) -> Report:
        return clustering_report(
            model, features, assigned, fits, metrics, baseline, details, cover=cover, seed=options.seed
        )

    return LearningResult(
        model=model,
        output=with_predictions(frame, predicted),
        rows=np.arange(len(frame)),
        dropped=0,
        metrics=metrics,
        baseline=baseline,
        model_version=model_version(model),
        details=details,
        model_bytes=dump_model(model),
        report_pdf=lambda path, cover: write_report(make_report, cover, path),
    )


def _cluster_counts(features: Any, options: LearningOptions) -> list[int]:
    different = len(np.unique(features.round(9), axis=0))
    if different < 3:
        raise Permanent(f"There are only {different} different rows; clusters need at least 3")
    if options.n_clusters is None:
        return list(range(2, min(_MAX_CLUSTERS, different - 1) + 1))
    if not 2 <= options.n_clusters <= different:
        raise Permanent(f"{options.n_clusters} clusters cannot be made of {different:,} different rows")
    return [options.n_clusters]


def _fit_clusters(features: Any, clusters: int, options: LearningOptions) -> ClusterFit:
    if len(features) >= MINI_BATCH_MIN_ROWS:
        estimator: Any = MiniBatchKMeans(
            clusters, max_iter=options.max_iterations, n_init=3, batch_size=4_096, random_state=options.seed
        )
    else:
        estimator = KMeans(clusters, max_iter=options.max_iterations, n_init=_RESTARTS, random_state=options.seed)
    fit(estimator, features)
    return ClusterFit(
        clusters=clusters, estimator=estimator, scores=score_clusters(features, estimator.labels_, options.seed)
    )


def _describe(frame: pd.DataFrame, columns: tuple[Column, ...], assigned: Any) -> list[dict[str, Any]]:
    """Describe each cluster: its size, medians and commonest categories, and how it differs from all rows."""
    found, whole = [], Whole(frame, columns)
    for cluster in range(int(assigned.max()) + 1):
        members = frame[assigned == cluster]
        typical: dict[str, Any] = {}
        for column in columns[:50]:
            if column.kind == Kind.NUMBER:
                numbers = values.numbers(members[column.name])
                known = numbers[~np.isnan(numbers)]
                typical[column.name] = float(f"{np.median(known):.6g}") if len(known) else None
            elif column.kind in (Kind.CATEGORY, Kind.BOOLEAN):
                labels = pd.Series(values.labels(members[column.name])).dropna()
                typical[column.name] = str(labels.mode().iloc[0]) if len(labels) else None
        differs = [one.text for one in whole.of_group(assigned == cluster)]
        found.append({"cluster": cluster, "rows": len(members), "typical": typical, "differs": differs})
    return found
