"""Classes of which one is rare: probabilities, what is optimised, and what is said about it."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score

from jobs.handlers.process_data.learning.models.file import load_model
from jobs.handlers.process_data.learning.result import LearningResult
from jobs.testing import MemoryContext
from tests.jobs.handlers.process_data.learning.conftest import Learn, report_text


def noisy(rows: int, share: float, strength: float, seed: int = 5) -> pd.DataFrame:
    """``share`` of the rows are ``yes``; three columns tell a little about it."""
    random = np.random.default_rng(seed)
    is_yes = np.arange(rows) % round(1 / share) == 0
    columns = {name: random.normal(size=rows) + strength * is_yes for name in ("a", "b", "c")}
    return pd.DataFrame(columns).assign(y=np.where(is_yes, "yes", "no"))


def in_test(learned: LearningResult) -> pd.DataFrame:
    return learned.output[learned.output["part"] == "test"]


def probability_of_yes(learned: LearningResult) -> "pd.Series[float]":
    rows = in_test(learned)
    return rows["confidence"].where(rows["prediction"] == "yes", 1 - rows["confidence"])


@pytest.mark.parametrize("rows", [1_500, 6_000], ids=["forest", "boosting"])
@pytest.mark.parametrize("share", [0.25, 0.1])
def test_it_works(learn: Learn, rows: int, share: float) -> None:
    learned = learn(noisy(rows, share, 0.5), "classification", target="y", max_iterations=60)
    metrics, baseline = learned.metrics, learned.baseline
    assert metrics["accuracy"] >= baseline["accuracy"] - 0.005
    assert metrics["log_loss"] < baseline["log_loss"]
    probability, true = probability_of_yes(learned), (in_test(learned)["y"] == "yes").mean()
    assert probability.mean() == pytest.approx(true, abs=0.03)
    described = {one["class"]: one for one in learned.details["classes"]}
    assert described["yes"]["share"] == pytest.approx(true, abs=1e-5)
    assert described["yes"]["mean_probability"] == pytest.approx(probability.mean(), abs=1e-4)


@pytest.mark.parametrize("rows", [1_500, 8_000], ids=["forest", "boosting"])
def test_of_the_rows_with_a_probability_as_many_are_of_the_class(learn: Learn, rows: int) -> None:
    learned = learn(noisy(rows, 0.25, 1.0), "classification", target="y", test_size=0.4, max_iterations=60)
    is_yes, probability = in_test(learned)["y"] == "yes", probability_of_yes(learned)
    for low, high in [(0, 0.2), (0.2, 0.5), (0.5, 1)]:
        within = probability.between(low, high)
        assert is_yes[within].mean() == pytest.approx(probability[within].mean(), abs=0.09)


def test_average_precision_stands_beside_the_baseline_and_is_that_of_the_rarer_class(learn: Learn) -> None:
    learned = learn(noisy(1_500, 0.1, 1.0), "classification", target="y")
    is_yes = in_test(learned)["y"] == "yes"
    assert learned.metrics["average_precision"] == pytest.approx(
        average_precision_score(is_yes, probability_of_yes(learned)), abs=0.002
    )
    assert learned.baseline["average_precision"] == pytest.approx(is_yes.mean(), abs=1e-4)
    assert set(learned.baseline) <= set(learned.metrics)
    assert set(learned.metrics["cross_validation"]) == set(learned.baseline)
    assert learned.details["chosen_by"] == "average_precision"
    candidates = [one["scores"]["average_precision"]["mean"] for one in learned.details["candidates"]]
    assert learned.metrics["cross_validation"]["average_precision"]["mean"] == max(candidates)
    assert "chosen by average precision of 'yes'" in learned.details["optimised"]
    assert "optimises accuracy" in learned.details["optimised"]


def test_equal_classes_are_chosen_by_f1(learn: Learn) -> None:
    learned = learn(noisy(300, 0.5, 1.0), "classification", target="y")
    assert learned.details["chosen_by"] == "f1_macro" and learned.notes == []
    assert "chosen by F1 (mean of the classes)" in learned.details["optimised"]


def test_a_class_that_is_never_predicted_is_named_and_there_is_an_option_for_it(learn: Learn, tmp_path: Path) -> None:
    frame = noisy(4_000, 1 / 190, 0.7)
    plain = learn(frame, "classification", target="y", test_size=0.4)
    [note] = plain.notes
    assert "'yes' is never" in note and "balanced_accuracy" in note
    assert plain.metrics["accuracy"] >= plain.baseline["accuracy"]
    balanced = learn(frame, "classification", target="y", test_size=0.4, optimise="balanced_accuracy")
    assert balanced.metrics["balanced_accuracy"] > 0.7 > plain.metrics["balanced_accuracy"]
    assert balanced.baseline["balanced_accuracy"] == 0.5 and balanced.baseline["accuracy"] > 0.99
    assert balanced.details["chosen_by"] == "balanced_accuracy" and balanced.notes == []
    assert "optimises balanced accuracy" in balanced.details["optimised"]
    # The probabilities are true with either option.
    yes = next(one for one in balanced.details["classes"] if one["class"] == "yes")
    assert yes["mean_probability"] == pytest.approx(yes["share"], abs=0.004)
    for learned, wanted in ((plain, "never the most probable"), (balanced, "optimises balanced accuracy")):
        text = report_text(learned, tmp_path)
        assert wanted in text and "Average precision" in text and "Precision by recall" in text


@pytest.mark.parametrize("optimise", ["accuracy", "balanced_accuracy"])
def test_a_saved_model_predicts_the_same(learn: Learn, optimise: str) -> None:
    frame = noisy(1_000, 0.1, 0.8)
    learned = learn(frame, "classification", target="y", optimise=optimise, confidence_threshold=0.8)
    assert learned.model_bytes is not None
    model = load_model(io.BytesIO(learned.model_bytes))
    assert (model.calibration, model.class_weights) == (learned.model.calibration, learned.model.class_weights)
    predicted = model.predict(frame)
    pd.testing.assert_frame_equal(predicted, learned.output[list(predicted.columns)])


def test_three_classes_have_probabilities_that_add_up_to_their_shares(learn: Learn) -> None:
    random = np.random.default_rng(3)
    number = np.repeat([0, 1, 2], [900, 240, 60])
    frame = pd.DataFrame({"x": random.normal(size=1_200) + number, "y": np.array(["a", "b", "c"])[number]})
    learned = learn(frame, "classification", target="y")
    assert "average precision (mean of the classes)" in learned.details["optimised"]
    for one in learned.details["classes"]:
        assert one["mean_probability"] == pytest.approx(one["share"], abs=0.03)


@pytest.mark.parametrize("few", [3, 4, 9])
@pytest.mark.parametrize("rows", [60, 2_600], ids=["forest", "boosting"])
def test_a_class_of_few_rows_is_learned(learn: Learn, rows: int, few: int) -> None:
    frame = noisy(rows, 0.5, 1.0)
    frame.loc[: few - 1, "y"] = "few"
    learned = learn(frame, "classification", target="y", test_size=0.45)
    assert {one["class"] for one in learned.details["classes"]} == {"few", "no", "yes"}


def test_progress_tells_every_fold_as_before(learn: Learn, context: MemoryContext) -> None:
    learn(noisy(300, 0.1, 1.0), "classification", target="y")
    assert len(context.partials) == 10 and "average_precision" in context.partials[0]["scores"]
