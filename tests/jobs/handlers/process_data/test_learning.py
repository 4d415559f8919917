"""The pipelines that learn, as far as the handler goes: a double of ``learn`` stands in for the learning itself."""

import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from jobs.handler import InvalidPayload
from jobs.handlers.process_data.learning.models.model import Model
from jobs.handlers.process_data.learning.result import LearningResult
from tests.jobs.handlers.process_data.running import run
from tests.jobs.handlers.progress import jumps

ROWS = [{"x": number, "y": "yes" if number > 2 else "no", "day": "2024-01-01"} for number in range(6)]
MODULE = "jobs.handlers.process_data.learning.run"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Record the arguments of ``learn``, which returns ``model_bytes``."""
    asked = SimpleNamespace(model_bytes=b"a model")

    def learn(frame: pd.DataFrame, pipeline: str, options: Any, steps: Any) -> LearningResult:
        asked.frame, asked.pipeline, asked.options = frame, pipeline, options
        steps.preprocessing(6, 6, "6 of 6 rows prepared")
        steps.features(2, 2, "2 of 2 features made")
        steps.partial({"metrics": {"accuracy": 0.5}})
        steps.model(1, 2, "1 of 2 models fitted", models=2)
        return LearningResult(
            model=Model(task="classification", name="guess", pipeline=None, columns=()),
            output=frame.assign(prediction="no", confidence=[0.5, float("nan"), 1, 1, 1, 1]).head(5),
            rows=np.arange(5),
            dropped=1,
            metrics={"accuracy": 0.9},
            baseline={"accuracy": 0.5},
            model_version="1",
            details={"classes": ["no", "yes"]},
            model_bytes=asked.model_bytes,
            report_pdf=lambda path, cover: path.write_bytes(b"%PDF-1.4"),
        )

    module = ModuleType(MODULE)
    module.learn = learn  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, MODULE, module)
    return asked


def classification(**options: Any) -> dict[str, Any]:
    source = {"type": "inline", "rows": ROWS}
    return {"pipeline": "classification", "data_source": source, "options": {"target": "y", **options}}


def test_it_works(asked: SimpleNamespace) -> None:
    done = run(classification(features=["x"], seed=7))
    result = done.result
    assert asked.pipeline == "classification" and list(asked.frame["x"]) == [0, 1, 2, 3, 4, 5]
    assert (asked.options.target, asked.options.features, asked.options.seed) == ("y", ("x",), 7)
    summary = result["summary"]
    assert (summary["total_records"], summary["output_records"], summary["dropped"], summary["seed"]) == (6, 5, 1, 7)
    assert (summary["model"], summary["metrics"], summary["baseline"]) == (
        "guess",
        {"accuracy": 0.9},
        {"accuracy": 0.5},
    )
    assert [artifact.filename for artifact in done.artifacts] == [
        "y-classification-predictions.json",
        "y-classification-model.skops",
        "y-classification-report.pdf",
    ]
    assert list(result["artifacts"]) == ["output", "model", "report"]
    assert len(result["records"]) == 5 and result["records"][1]["confidence"] is None
    assert done.partials[0] == {"metrics": {"accuracy": 0.5}} and len(done.partials[1]["records"]) == 5
    assert [report.given_percentage for report in done.progress if "of 2" in report.message] == [60.0, 72.5]
    assert summary["learned_records"] == 5
    assert list(done.stages) == ["ingestion", "preprocessing", "feature_engineering", "model", "output"]
    assert min(jumps(done)) >= 0 and done.progress[-1].given_percentage == 100


def test_without_a_model_there_is_no_file_of_one(asked: SimpleNamespace) -> None:
    asked.model_bytes = None
    assert list(run(classification()).result["artifacts"]) == ["output", "report"]


@pytest.mark.parametrize("file_format", ["csv", "parquet"])
def test_the_frame_is_written_in_every_format(asked: SimpleNamespace, file_format: str) -> None:
    done = run({**classification(), "output": {"format": file_format}})
    file = done.artifacts[0].open()
    frame = pd.read_csv(file) if file_format == "csv" else pd.read_parquet(file)
    assert list(frame) == ["x", "y", "day", "prediction", "confidence"] and list(frame["x"]) == [0, 1, 2, 3, 4]


def test_columns_that_are_not_there_are_told_all_at_once(asked: SimpleNamespace) -> None:
    with pytest.raises(InvalidPayload) as caught:
        run(classification(target="z", features=["x", "w"]))
    assert [fault["path"] for fault in caught.value.faults] == ["options.target", "options.features[1]"]
    assert "there are: x, y, day" in caught.value.faults[0]["message"]
