"""Find the rows that are unlike the others."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import IsolationForest
from sklearn.pipeline import Pipeline

from jobs.handler import Permanent
from jobs.handlers.process_data.learning.features import values
from jobs.handlers.process_data.learning.features.columns import used
from jobs.handlers.process_data.learning.fit import fit
from jobs.handlers.process_data.learning.models.file import dump_model, model_version
from jobs.handlers.process_data.learning.models.model import Model
from jobs.handlers.process_data.learning.models.predictions import describe_columns, with_predictions
from jobs.handlers.process_data.learning.options import LearningOptions
from jobs.handlers.process_data.learning.report.document import write_report
from jobs.handlers.process_data.learning.report.parts import Cover, Report
from jobs.handlers.process_data.learning.result import LearningResult
from jobs.handlers.process_data.learning.scores import round_scores, score_anomalies
from jobs.handlers.process_data.learning.steps import Steps
from jobs.handlers.process_data.learning.unsupervised.anomalies_report import anomalies_report
from jobs.handlers.process_data.learning.unsupervised.differences import Whole
from jobs.handlers.process_data.learning.unsupervised.features import encode_all

_MAX_TREES, _ROUNDS, _CHUNKS = 200, 10, 10
_STEPS = _ROUNDS + _CHUNKS + 1
_INTERIM_ROWS = 20_000
_ANOMALY_LABELS = frozenset(
    [
        "true",
        "1",
        "yes",
        "y",
        "anomaly",
        "anomalous",
        "outlier",
        "fraud",
        "fraudulent",
        "abnormal",
        "attack",
        "defect",
        "defective",
        "failure",
        "positive",
        "-1",
    ]
)


def learn_anomalies(frame: pd.DataFrame, options: LearningOptions, steps: Steps) -> LearningResult:
    known = _known(frame, options.label)
    columns, encoder, features = encode_all(frame, options, steps)
    forest = _grow_forest(features, options, steps)
    scores = _score_rows(forest, features, steps)
    threshold = float(np.quantile(scores, 1 - options.contamination))
    model = Model(
        task="anomaly",
        name="isolation forest",
        pipeline=Pipeline([("encode", encoder), ("model", forest)]),
        columns=columns,
        score_threshold=threshold,
    )
    predicted = model.anomalies(scores)
    flagged = predicted["anomaly"].to_numpy(dtype=bool)
    metrics: dict[str, Any] = {
        **round_scores({"threshold": threshold, "share": flagged.mean(), "mean_score": scores.mean()}),
        "anomalies": int(flagged.sum()),
        "rows": len(frame),
    }
    baseline: dict[str, Any] = {"share": options.contamination}
    if known is not None:
        random = np.random.default_rng(options.seed)
        chosen = random.permutation(flagged)
        metrics |= {**score_anomalies(known, flagged, scores), "labelled": int(known.sum())}
        baseline |= score_anomalies(known, chosen, random.random(len(frame)))
    model.metrics.update(metrics)
    details = {
        **describe_columns(columns),
        "contamination": options.contamination,
        "label": options.label,
        "strangest": _strangest(scores, Whole(frame, used(columns))),
    }
    steps.model(_STEPS, _STEPS, f"{int(flagged.sum()):,} of {len(frame):,} rows are anomalies", rows=len(frame))

    def make_report(cover: Cover) -> Report:
        # Late, because the rows of a sample get their numbers in the whole table only after learning.
        return anomalies_report(model, features, scores, flagged, known, metrics, baseline, details, seed=options.seed)

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


def _grow_forest(features: Any, options: LearningOptions, steps: Steps) -> IsolationForest:
    """Grow some trees at a time, to report progress and to allow a stop."""
    trees = max(_ROUNDS, min(_MAX_TREES, options.max_iterations))
    forest = IsolationForest(random_state=options.seed, warm_start=True, n_jobs=1)
    for done in range(1, _ROUNDS + 1):
        steps.check()
        forest.set_params(n_estimators=trees * done // _ROUNDS)
        fit(forest, features)
        text = f"{forest.n_estimators:,} of {trees:,} trees grown"
        steps.model(done, _STEPS, text, trees=forest.n_estimators, trees_total=trees)
        if done == _ROUNDS // 2:
            found = -forest.score_samples(features[:: -(-len(features) // _INTERIM_ROWS)])
            interim = float(np.quantile(found, 1 - options.contamination))
            steps.partial({"trees": forest.n_estimators, "scores": round_scores({"threshold": interim})})
    return forest


def _score_rows(forest: IsolationForest, features: Any, steps: Steps) -> Any:
    """Score rows, higher for more unusual ones. In chunks, because many rows take long."""
    chunks = []
    for done, chunk in enumerate(np.array_split(features, _CHUNKS), start=1):
        steps.check()
        if len(chunk):
            chunks.append(-forest.score_samples(chunk))
        text = f"Scores of {sum(map(len, chunks)):,} of {len(features):,} rows"
        steps.model(_ROUNDS + done, _STEPS, text, rows=len(features))
    return np.concatenate(chunks)


def _known(frame: pd.DataFrame, label: str | None) -> Any:
    """Mark the known anomalies. If neither of two values names an anomaly, the rarer one does."""
    if label is None:
        return None
    if label not in frame.columns:
        raise Permanent(f"The data has no label column '{label}'")
    texts = pd.Series([text and text.lower() for text in values.labels(frame[label])], dtype=object)
    counts = texts.value_counts()
    anomalous = [text for text in counts.index if text in _ANOMALY_LABELS]
    if len(anomalous) == 0 or len(anomalous) == len(counts) > 1:
        if len(counts) > 2:
            raise Permanent(f"The label '{label}' has {len(counts):,} values; it must have two, such as yes and no")
        anomalous = list(counts.index[1:])
    known = texts.isin(anomalous).to_numpy(dtype=bool)
    # 1 may also mean "as it should be"; the majority is no anomaly.
    return known if known.mean() <= 0.5 else ~known & texts.notna().to_numpy(dtype=bool)


def _strangest(scores: Any, whole: Whole) -> list[dict[str, Any]]:
    """List the ten rows with the highest scores; rows count from 0, in the order of the output."""
    return [
        {
            "row": int(row),
            "score": round(float(scores[row]), 6),
            "unusual": [one.text for one in whole.of_row(int(row))],
        }
        for row in np.argsort(-scores, kind="stable")[:10]
    ]
