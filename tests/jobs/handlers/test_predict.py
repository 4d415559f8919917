"""``predict`` with real models, real DuckDB and real files."""

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO
from uuid import UUID, uuid4

import duckdb
import pandas as pd
import pyarrow.parquet as pq
import pytest
from pandas.testing import assert_frame_equal
from sklearn import datasets

from jobs.handler import Cancelled, DataSource, InvalidPayload, Permanent, RowsRead
from jobs.handlers.predict import Predict
from jobs.handlers.process_data.learning.options import LearningOptions
from jobs.handlers.process_data.learning.result import LearningResult
from jobs.handlers.process_data.learning.run import learn
from tests.jobs.handlers.process_data.learning.recording_steps import RecordingSteps
from tests.jobs.handlers.recording_context import RecordingContext, new_context

MODEL = uuid4()


class DuckTable:
    """An ``OpenTable`` over rows of a frame."""

    label, fingerprint = "inline rows", "0" * 64

    def __init__(self, frame: pd.DataFrame) -> None:
        self._connection = duckdb.connect()
        self._connection.register("frame", frame)
        self._connection.execute("CREATE TABLE data AS SELECT * FROM frame")
        self.rows = len(frame)
        described = self._connection.execute("DESCRIBE data").fetchall()
        self.columns: Mapping[str, str] = {row[0]: row[1] for row in described}

    def execute(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = (), *, on_share: Any = None) -> None:
        self._connection.execute(sql, parameters)

    def fetch(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql, parameters).fetchall()

    def stream(self, sql: str, rows: int, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> Iterator[Any]:
        return iter(self._connection.execute(sql, parameters).to_arrow_reader(rows))


@dataclass(kw_only=True)
class PredictContext(RecordingContext):
    """Knows one artifact, the model, and one table, whatever is asked for."""

    model: bytes = b""
    frame: pd.DataFrame = field(default_factory=pd.DataFrame)

    @contextmanager
    def open_artifact(self, artifact_id: UUID) -> Iterator[BinaryIO]:
        if artifact_id != MODEL:
            raise Permanent(f"There is no artifact '{artifact_id}'")
        yield io.BytesIO(self.model)

    @contextmanager
    def open_data(self, source: DataSource, *, on_rows: RowsRead | None = None) -> Iterator[DuckTable]:
        if on_rows is not None:
            on_rows(len(self.frame), len(self.frame))
        yield DuckTable(self.frame)


@pytest.fixture(scope="module")
def wine() -> pd.DataFrame:
    return datasets.load_wine(as_frame=True).frame


@pytest.fixture(scope="module")
def learned(wine: pd.DataFrame) -> LearningResult:
    options = LearningOptions(target="target", confidence_threshold=0.8, max_iterations=30)
    return learn(wine, "classification", options, RecordingSteps())


@pytest.fixture
def context(tmp_path: Path, learned: LearningResult, wine: pd.DataFrame) -> PredictContext:
    plain = new_context(tmp_path)
    assert learned.model_bytes is not None
    return PredictContext(
        scratch_dir=plain.scratch_dir,
        artifact_dir=plain.artifact_dir,
        model=learned.model_bytes,
        frame=wine.assign(note="hello"),
    )


def run(context: PredictContext, form: str = "csv", model: UUID = MODEL) -> dict[str, Any]:
    handler = Predict()
    source = {"type": "inline", "rows": [{"a": 1}]}
    payload = {"model": str(model), "data_source": source, "output": {"format": form}}
    return handler.run(handler.parse(payload), context)


def test_it_works(context: PredictContext, learned: LearningResult, wine: pd.DataFrame) -> None:
    result = run(context)
    (saved,) = context.artifacts
    output = pd.read_csv(saved.path)
    names = ["prediction", "confidence", "certainty"]
    assert_frame_equal(output[names], learned.output[names], check_dtype=False)
    assert_frame_equal(output[list(wine.columns)], wine, check_dtype=False)
    assert result["rows"] == 178 and len(result["preview"]) == 100
    assert result["preview"][0]["prediction"] == learned.output["prediction"][0]
    assert result["ignored_columns"] == ["target", "note"] and result["unreadable_values"] == {}
    assert result["counts"]["uncertain"] == (learned.output["certainty"] == "uncertain").sum()
    assert result["output"]["artifact_id"] == str(saved.id) and result["model"]["target"] == "target"
    assert context.stages() == ["loading", "reading", "predicting"] and context.reports[-1].percentage == 98
    json.dumps(result, allow_nan=False)


@pytest.mark.parametrize("form", ["json", "parquet"])
def test_other_formats_hold_the_same(context: PredictContext, learned: LearningResult, form: str) -> None:
    run(context, form)
    path = context.artifacts[0].path
    rows = json.loads(path.read_text()) if form == "json" else pq.read_table(path).to_pylist()
    assert [row["prediction"] for row in rows] == list(learned.output["prediction"])
    assert [row["note"] for row in rows] == ["hello"] * 178


@pytest.mark.parametrize("form", ["csv", "json", "parquet"])
def test_batches_are_one_file_and_no_rows_are_one_too(
    context: PredictContext, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.setattr("jobs.handlers.predict.prediction.BATCH_ROWS", 100)
    context.frame = pd.concat([context.frame] * 30, ignore_index=True).assign(late=None)
    context.frame.loc[5_000:, "late"] = "here"
    result = run(context, form)
    read = {"csv": pd.read_csv, "json": pd.read_json, "parquet": pd.read_parquet}[form]
    output = read(context.artifacts[0].path)
    assert result["rows"] == len(output) == 5_340 and output["late"].notna().sum() == 340
    assert len(result["preview"]) == 100
    context.frame = context.frame.head(0)
    names = [*context.frame.columns, "prediction", "confidence", "certainty"]
    assert run(context, form)["rows"] == 0
    empty = read(context.artifacts[1].path)
    assert len(empty) == 0 and (form == "json" or list(empty.columns) == names)


def test_whole_numbers_beside_missing_ones_stay_whole(context: PredictContext) -> None:
    context.frame = context.frame.assign(number=pd.array([None, *[2**53 + 1] * 177], dtype="Int64"))
    preview = run(context, "json")["preview"]
    assert [row["number"] for row in preview[:2]] == [None, 2**53 + 1]


def test_a_missing_column_is_named(context: PredictContext) -> None:
    context.frame = context.frame.drop(columns=["alcohol", "hue"])
    with pytest.raises(InvalidPayload) as refused:
        run(context)
    assert [fault["path"] for fault in refused.value.faults] == ["data_source"] * 2
    assert "'alcohol'" in refused.value.faults[0]["message"] and "'hue'" in refused.value.faults[1]["message"]
    assert context.artifacts == []


def test_values_that_cannot_be_read_are_counted(context: PredictContext) -> None:
    texts = context.frame["hue"].astype(str)
    texts[:3] = "pale"
    context.frame = context.frame.assign(hue=texts)
    assert run(context)["unreadable_values"] == {"hue": 3}


def test_a_file_that_is_no_model_and_one_that_is_not_there(context: PredictContext) -> None:
    with pytest.raises(Permanent, match="There is no artifact"):
        run(context, model=uuid4())
    context.model = context.model[:-100]
    with pytest.raises(Permanent, match="not a model of this service"):
        run(context)


def test_it_can_be_cancelled(context: PredictContext) -> None:
    def cancel() -> None:
        if context.reports:
            raise Cancelled(pd.Timestamp.now("UTC").to_pydatetime())

    context.on_check = cancel
    with pytest.raises(Cancelled):
        run(context)
    assert context.artifacts == []


def test_the_permission_and_a_bad_payload() -> None:
    assert Predict.permission == "data.process"
    with pytest.raises(InvalidPayload) as refused:
        Predict().parse({"model": "no id", "data_source": {"type": "inline", "rows": []}, "output": {"format": "doc"}})
    paths = {fault["path"].split(".")[0] for fault in refused.value.faults}
    assert paths == {"model", "data_source", "output"}
