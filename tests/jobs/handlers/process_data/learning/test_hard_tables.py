"""Tables as they come."""

import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from jobs.handler import Permanent
from tests.jobs.handlers.process_data.learning.conftest import Learn

ROWS = 120


@pytest.fixture
def nasty() -> pd.DataFrame:
    """Of everything something; ``signal`` decides about the target."""
    random = np.random.default_rng(1)
    signal = random.normal(size=ROWS)
    columns: dict[str, Any] = {
        "id": range(1, ROWS + 1),
        "Größe 📏 $x$": signal,
        "nothing": [None] * ROWS,
        "one": ["same"] * ROWS,
        "endless": np.where(np.arange(ROWS) % 9 == 0, np.inf, signal),
        "huge": [10**25 * row if row % 5 else -(10**30) for row in range(ROWS)],
        "mixed": [row if row % 2 else f"text {row % 4}" for row in range(ROWS)],
        "number as text": [str(row * 1.5) if row % 30 else "n/a" for row in range(ROWS)],
        "post code": [f"0{1000 + row % 7}" for row in range(ROWS)],
        "many": [f"v{row % 60}" for row in range(ROWS)],
        "day": [date(2024, 1, 1) + timedelta(days=row) for row in range(ROWS)],
        "moment": [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=row) for row in range(ROWS)],
        "day as text": [f"2024-03-{row % 28 + 1:02d}" for row in range(ROWS)],
        "clock": [time(row % 24, 5) for row in range(ROWS)],
        "money": [Decimal(row) / 7 if row % 6 else None for row in range(ROWS)],
        "list": [[row] for row in range(ROWS)],
        "flag": [None if row % 11 == 0 else row % 2 == 0 for row in range(ROWS)],
        "uuid": [f"{row:032x}" for row in range(ROWS)],
        "words": [
            f"the {row} quick brown fox {'bites' if value > 0 else 'sleeps'}" for row, value in enumerate(signal)
        ],
    }
    target = np.where(signal > 0, " New York ", "San José")
    frame = pd.DataFrame(columns).assign(target=np.where(np.arange(ROWS) % 40 == 39, None, target))
    doubled = pd.concat([frame, frame[["flag"]]], axis=1)
    return doubled


def test_it_works(learn: Learn, nasty: pd.DataFrame) -> None:
    learned = learn(nasty, "classification", target="target")
    assert learned.dropped == 3 and len(learned.output) == ROWS - 3 and learned.metrics["accuracy"] > 0.8
    assert set(learned.output["prediction"]) == {"New York", "San José"}
    assert learned.output["id"].is_monotonic_increasing and "flag.1" in learned.output
    kinds = {column["name"]: column["kind"] for column in learned.details["columns"]}
    assert kinds == {
        "Größe 📏 $x$": "number",
        "endless": "number",
        "huge": "number",
        "mixed": "code",
        "number as text": "number",
        "post code": "category",
        "many": "code",
        "day": "date",
        "moment": "timestamp",
        "day as text": "date",
        "clock": "number",
        "money": "number",
        "flag": "boolean",
        "flag.1": "boolean",
        "words": "text",
    }
    assert learned.details["left_out"] == [
        {"name": "id", "why": "identifier"},
        {"name": "nothing", "why": "empty"},
        {"name": "one", "why": "constant"},
        {"name": "list", "why": "nested"},
        {"name": "uuid", "why": "identifier"},
    ]
    json.dumps([learned.metrics, learned.baseline, learned.details], allow_nan=False)


@pytest.mark.parametrize("pipeline", ["regression", "clustering", "anomaly"])
def test_the_other_pipelines_take_it_too(learn: Learn, nasty: pd.DataFrame, pipeline: str) -> None:
    learned = learn(nasty, pipeline, target="Größe 📏 $x$" if pipeline == "regression" else None)
    assert len(learned.output) == ROWS
    json.dumps([learned.metrics, learned.baseline, learned.details], allow_nan=False)


def test_booleans_and_whole_numbers_are_predicted_as_such(learn: Learn) -> None:
    x = np.arange(60.0)
    flags = learn(pd.DataFrame({"x": x, "y": x > 30}), "classification", target="y")
    assert flags.output["prediction"].dtype == bool and flags.metrics["accuracy"] > 0.8
    numbers = learn(pd.DataFrame({"x": x, "y": np.where(x > 30, 10.0, 9.0)}), "classification", target="y")
    assert sorted(set(numbers.output["prediction"])) == [9, 10] and numbers.details["classes"][0]["class"] == 9


def test_a_name_that_is_taken_is_not_overwritten(learn: Learn) -> None:
    frame = pd.DataFrame({"prediction": np.arange(30.0), "y": np.arange(30) * 2.0})
    learned = learn(frame, "regression", target="y")
    assert list(learned.output["prediction"]) == list(frame["prediction"]) and "prediction_" in learned.output


def test_rare_classes_count_and_are_weighed(learn: Learn) -> None:
    random = np.random.default_rng(0)
    rare = np.arange(300) % 20 == 0
    frame = pd.DataFrame({"x": random.normal(size=300) + 3 * rare, "y": np.where(rare, "rare", "usual")})
    learned = learn(frame, "classification", target="y")
    assert learned.metrics["balanced_accuracy"] > 0.8 > learned.baseline["balanced_accuracy"]
    assert learned.metrics["recall_macro"] == pytest.approx(learned.metrics["balanced_accuracy"], abs=1e-4)


def table(**columns: Any) -> pd.DataFrame:
    return pd.DataFrame({"x": np.arange(float(len(next(iter(columns.values()))))), **columns})


@pytest.mark.parametrize(
    ("pipeline", "frame", "text"),
    [
        ("classification", table(y=["a"]), "1 rows have a target 'y'; at least 10"),
        ("classification", table(y=[None] * 50), "0 rows have a target 'y'"),
        ("classification", table(y=["a"] * 50), "always 'a'"),
        ("classification", table(y=["a"] * 25 + ["b"] * 25 + ["c"]), "at least 3 rows; 1 of the target .*'c'"),
        ("classification", table(y=[f"v{row}" for row in range(10_000)]), "10,000 different values"),
        ("classification", table(z=["a", "b"] * 25), "no column 'y'; it has: 'x', 'z'"),
        ("classification", pd.DataFrame({"y": ["a", "b"] * 25, "c": [1] * 50}), "'c' is constant"),
        ("regression", table(y=["much", "little"] * 25), "50 values that are not numbers"),
        ("regression", table(y=[7] * 50), "always 7"),
        ("clustering", table(y=[1] * 5), "5 rows; at least 10"),
        ("clustering", pd.DataFrame({"x": [1, 2] * 20, "y": 1}), "only 2 different rows"),
        ("fortune_telling", table(y=[1] * 50), "No pipeline is called 'fortune_telling'"),
    ],
)
def test_what_allows_no_model_says_why(learn: Learn, pipeline: str, frame: pd.DataFrame, text: str) -> None:
    target = "y" if pipeline in ("classification", "regression") else None
    with pytest.raises(Permanent, match=text):
        learn(frame, pipeline, target=target)


@pytest.mark.parametrize(
    "options",
    [{"test_size": 1.0}, {"contamination": 0.0}, {"confidence_threshold": 2.0}, {"max_iterations": 0}, {"seed": -1}],
)
def test_options_without_sense_say_so(learn: Learn, options: dict[str, Any]) -> None:
    with pytest.raises(Permanent, match=next(iter(options))):
        learn(table(y=[1, 2] * 25), "classification", target="y", **options)
