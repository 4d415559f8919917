"""Only what this service wrote is loaded, and it predicts what it predicted."""

import hashlib
import io
import os
import pickle
import re
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from sklearn.ensemble import IsolationForest
from skops import io as skops_io

from jobs.handler import Permanent
from jobs.handlers.process_data.learning.models.file import load_model
from jobs.handlers.process_data.learning.models.soundness import is_sound
from jobs.handlers.process_data.learning.options import LearningOptions
from jobs.handlers.process_data.learning.result import LearningResult
from jobs.handlers.process_data.learning.run import learn
from jobs.handlers.process_data.stages import Progress
from jobs.testing import MemoryContext
from tests.jobs.handlers.process_data.learning.conftest import Learn


def load(data: bytes | None) -> Any:
    assert data is not None
    return load_model(io.BytesIO(data))


def test_it_works(iris: pd.DataFrame, iris_model: LearningResult) -> None:
    model = load(iris_model.model_bytes)
    assert (model.task, model.target, model.classes) == (
        "classification",
        "target",
        ("setosa", "versicolor", "virginica"),
    )
    assert [column.kind for column in model.columns] == ["number"] * 4
    assert_frame_equal(model.predict(iris), iris_model.output[["prediction", "confidence", "certainty"]])


@pytest.fixture(scope="module")
def shop() -> pd.DataFrame:
    """Columns of every kind, and enough rows for boosting."""
    random = np.random.default_rng(4)
    rows = 2_600
    amount = random.normal(size=rows)
    return pd.DataFrame(
        {
            "amount": np.where(random.random(rows) < 0.1, np.nan, amount),
            "kind": random.choice(["a", "b", "c"], rows),
            "code": [f"z{number}" for number in random.integers(0, 90, rows)],
            "when": pd.date_range("2024-01-01", periods=rows, freq="h"),
            "flag": amount > 0.3,
            "words": [
                " ".join(random.choice(["red", "green", "blue", "grey", "pink", "teal"], 6)) for _ in range(rows)
            ],
            "y": amount * 2,
        }
    )


@pytest.mark.parametrize("rows", [150, 2_600])
@pytest.mark.parametrize(
    ("pipeline", "target"),
    [("classification", "flag"), ("regression", "y"), ("clustering", None), ("anomaly", None)],
)
def test_every_model_comes_back_as_it_was(
    learn: Learn, shop: pd.DataFrame, pipeline: str, target: str | None, rows: int
) -> None:
    learned = learn(shop.iloc[:rows], pipeline, target=target, max_iterations=10, n_clusters=3)
    predicted = load(learned.model_bytes).predict(shop.iloc[:rows])
    assert_frame_equal(predicted, learned.output[list(predicted.columns)])


@pytest.mark.parametrize("rows", [150, 2_600])
@pytest.mark.parametrize(
    ("pipeline", "target"),
    [("classification", "flag"), ("regression", "y"), ("clustering", None), ("anomaly", None)],
)
def test_two_fits_of_one_seed_give_the_same_bytes(
    learn: Learn, shop: pd.DataFrame, pipeline: str, target: str | None, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fitted() -> bytes | None:
        return learn(shop.iloc[:rows], pipeline, target=target, max_iterations=10, n_clusters=3).model_bytes

    first, kept = fitted(), [object() for _ in range(5_000)]  # so that new objects lie elsewhere in memory
    monkeypatch.setattr(time, "time", lambda: 2_000_000_000.0)
    assert fitted() == first and kept


def test_another_process_writes_the_same_bytes(shop: pd.DataFrame, tmp_path: Path) -> None:
    shop.iloc[:150].to_parquet(tmp_path / "shop.parquet")
    code = """
import hashlib, sys
import django, pandas
django.setup()
from jobs.handlers.process_data.learning.options import LearningOptions
from jobs.handlers.process_data.learning.run import learn
from jobs.handlers.process_data.stages import Progress
from jobs.testing import MemoryContext
frame = pandas.read_parquet(sys.argv[1])
learned = learn(frame, "classification", LearningOptions(target="flag", max_iterations=10), Progress(MemoryContext()))
print(hashlib.sha256(learned.model_bytes).hexdigest())
"""
    other = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "shop.parquet")],
        env={**os.environ, "PYTHONHASHSEED": "1", "DJANGO_SETTINGS_MODULE": "tests.settings"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    frame = pd.read_parquet(tmp_path / "shop.parquet")
    options = LearningOptions(target="flag", max_iterations=10)
    here = learn(frame, "classification", options, Progress(MemoryContext()))
    assert other.strip() == hashlib.sha256(here.model_bytes).hexdigest()


def test_values_never_seen_before_are_predicted_too(learn: Learn, shop: pd.DataFrame) -> None:
    learned = learn(shop.iloc[:150], "classification", target="flag", max_iterations=10)
    strange = pd.DataFrame(
        {"amount": ["?"], "kind": ["new"], "code": [None], "when": ["never"], "words": ["☃"], "more": [1]}
    )
    assert load(learned.model_bytes).predict(strange.assign(y=np.inf))["prediction"].isin([True, False]).all()


def changed(data: bytes, change: Callable[[str, bytes], bytes]) -> bytes:
    """The same archive with each member passed through ``change(name, content)``."""
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(target, "w") as archive:
        for name in source.namelist():
            archive.writestr(name, change(name, source.read(name)))
    return target.getvalue()


def with_other_type(name: str, content: bytes) -> bytes:
    return content.replace(b'"LogisticRegression"', b'"SGDClassifier"') if name == "schema.json" else content


def with_other_format(name: str, content: bytes) -> bytes:
    return content.replace(b"streamer-model", b"another-model!") if name == "schema.json" else content


def with_other_array(name: str, content: bytes) -> bytes:
    return content[:-40] if name.endswith(".npy") else content


@pytest.mark.parametrize("change", [with_other_type, with_other_format, with_other_array])
def test_a_changed_file_is_refused(iris_model: LearningResult, change: Callable[[str, bytes], bytes]) -> None:
    assert iris_model.model_bytes is not None
    load(changed(iris_model.model_bytes, lambda name, content: content))
    with pytest.raises(Permanent, match="not a model of this service, or it was changed"):
        load(changed(iris_model.model_bytes, change))


class Harmful:
    def __reduce__(self) -> Any:
        return print, ("run by a pickle",)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK\x03\x04 and nothing",
        pickle.dumps(Harmful()),
        skops_io.dumps({"format": "streamer-model", "pipeline": Harmful}),
        skops_io.dumps(IsolationForest()),
    ],
    ids=["empty", "half a zip", "pickle", "foreign class", "another model"],
)
def test_what_is_no_model_is_refused(data: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Permanent, match="not a model of this service"):
        load(data)
    assert "pickle" not in capsys.readouterr().out


def test_a_model_of_another_scikit_learn_says_so(iris_model: LearningResult) -> None:
    def older(name: str, content: bytes) -> bytes:
        # The facts are JSON inside JSON inside JSON, so there are backslashes before each quote.
        return re.sub(rb"(scikit-learn[\\\":\s]+)\d+\.\d+", rb"\g<1>0.1", content) if name == "schema.json" else content

    assert iris_model.model_bytes is not None
    with pytest.raises(Permanent, match="scikit-learn 0.1"):
        load(changed(iris_model.model_bytes, older))


def test_a_tree_that_leads_outside_itself_is_not_sound(learn: Learn, iris: pd.DataFrame) -> None:
    learned = learn(iris, "anomaly", max_iterations=10)
    pipeline = load(learned.model_bytes).pipeline
    assert is_sound(pipeline)
    tree = pipeline.steps[-1][1].estimators_[0].tree_
    tree.children_left[0] = 10_000
    assert not is_sound(pipeline)
    tree.children_left[0] = 0
    assert not is_sound(pipeline)
