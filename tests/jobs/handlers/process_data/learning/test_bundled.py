"""The known results of scikit-learn's own data sets."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from sklearn import datasets

from jobs.errors import Cancelled
from jobs.handlers.process_data.learning.options import LearningOptions
from jobs.handlers.process_data.learning.result import LearningResult
from jobs.handlers.process_data.learning.run import learn as learn_with
from jobs.handlers.process_data.stages import Progress
from jobs.testing import MemoryContext
from tests.jobs.handlers.process_data.learning.conftest import Learn


def test_it_works(iris: pd.DataFrame, iris_model: LearningResult) -> None:
    metrics, baseline = iris_model.metrics, iris_model.baseline
    assert metrics["accuracy"] >= 0.93 and metrics["f1_macro"] >= 0.93 and metrics["roc_auc"] >= 0.98
    assert baseline["accuracy"] < 0.4 and baseline["roc_auc"] == 0.5
    assert metrics["cross_validation"]["accuracy"]["mean"] >= 0.93
    assert_frame_equal(iris_model.output[iris.columns], iris)
    assert set(iris_model.output["prediction"]) == {"setosa", "versicolor", "virginica"}
    assert (iris_model.output["part"] == "test").sum() == metrics["test_rows"] == 30
    assert metrics["uncertain"] == (iris_model.output["certainty"] == "uncertain").sum() > 0
    assert (iris_model.output["confidence"] < 0.7).sum() == metrics["uncertain"]


@pytest.mark.parametrize(
    ("load", "accuracy"),
    [(datasets.load_wine, 0.95), (datasets.load_breast_cancer, 0.94), (datasets.load_digits, 0.94)],
)
def test_classes_are_told_apart(learn: Learn, load: Callable[..., Any], accuracy: float) -> None:
    learned = learn(load(as_frame=True).frame, "classification", target="target")
    assert learned.metrics["accuracy"] >= accuracy > learned.baseline["accuracy"] + 0.2


@pytest.mark.parametrize("seed", [0, 42])
def test_numbers_are_predicted(learn: Learn, seed: int) -> None:
    learned = learn(datasets.load_diabetes(as_frame=True).frame, "regression", target="target", seed=seed)
    assert learned.metrics["r2"] >= 0.4 and learned.baseline["r2"] <= 0
    assert learned.metrics["rmse"] ** 2 == pytest.approx(learned.metrics["mse"], rel=1e-4)
    assert 0.75 <= learned.metrics["interval_coverage"] <= 1
    inside = learned.output["prediction_low"].le(learned.output["target"]) & learned.output["prediction_high"].ge(
        learned.output["target"]
    )
    assert inside.mean() > 0.8


def test_clusters_are_found_and_their_number_too(learn: Learn, iris: pd.DataFrame, context: MemoryContext) -> None:
    learned = learn(iris, "clustering", target="target")
    assert learned.metrics["clusters"] in (2, 3) and learned.metrics["silhouette"] > 0.45
    assert learned.baseline["silhouette"] < 0.1
    assert [partial["clusters"] for partial in context.partials] == list(range(2, 11))
    assert sum(cluster["rows"] for cluster in learned.details["clusters"]) == 150


def test_so_many_clusters_as_were_asked_for(learn: Learn, iris: pd.DataFrame, context: MemoryContext) -> None:
    learned = learn(iris, "clustering", target="target", n_clusters=3)
    assert set(learned.output["cluster"]) == {0, 1, 2} and len(context.partials) == 1


def test_anomalies_are_found_and_held_against_the_label(learn: Learn, iris: pd.DataFrame) -> None:
    strange = iris.iloc[:6].assign(**{name: 40.0 + number for number, name in enumerate(iris.columns[:4])})
    frame = pd.concat([iris.assign(bad="no"), strange.assign(bad="yes")], ignore_index=True)
    learned = learn(frame, "anomaly", label="bad", contamination=0.04, features=tuple(iris.columns[:4]))
    assert learned.metrics["recall"] == 1 and learned.metrics["precision"] > 0.8
    assert learned.metrics["roc_auc"] == 1 and learned.baseline["precision"] < 0.5
    assert learned.output["anomaly"].sum() == learned.metrics["anomalies"]
    assert learned.output["anomaly_score"].iloc[-6:].min() > learned.metrics["threshold"]


def test_the_same_seed_gives_the_same_and_every_step_is_told(
    learn: Learn, iris: pd.DataFrame, context: MemoryContext
) -> None:
    first = learn(iris, "classification", target="target", seed=3)
    told = list(context.progress)
    second = learn(iris, "classification", target="target", seed=3)
    assert first.metrics == second.metrics and first.details == second.details
    assert first.model_version == second.model_version
    assert_frame_equal(first.output, second.output)
    for stage in ("preprocessing", "feature_engineering", "model"):
        counted = [(one.metadata["done"], one.metadata["total"]) for one in told if one.stage == stage]
        assert counted == [(done, counted[-1][1]) for done in range(1, counted[-1][1] + 1)]
    assert len(context.partials) == 2 * 10 and {"candidate", "fold", "folds", "scores"} <= set(context.partials[0])


def test_a_stop_goes_through_between_two_fits(iris: pd.DataFrame) -> None:
    context = MemoryContext(cancel_after=lambda context: len(context.partials) == 2)
    with pytest.raises(Cancelled):
        learn_with(iris, "classification", LearningOptions(target="target", max_iterations=20), Progress(context))
    assert len(context.partials) == 2
