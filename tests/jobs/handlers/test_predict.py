"""``predict`` with real models, real DuckDB and real files."""

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

import duckdb
import msgspec
import pandas as pd
import pyarrow.parquet as pq
import pytest
from pandas.testing import assert_frame_equal
from pytest_django import Settings
from sklearn import datasets

from jobs.handler import InvalidPayload, Permanent
from jobs.handlers.predict import Predict
from jobs.handlers.process_data.learning.options import LearningOptions
from jobs.handlers.process_data.learning.result import LearningResult
from jobs.handlers.process_data.learning.run import learn
from jobs.handlers.process_data.stages import Progress
from jobs.testing import HandlerRun, MemoryContext, run_handler

MODEL = uuid4()


@dataclass(kw_only=True)
class Given:
    """The model and the table that a run can read."""

    model: bytes
    frame: pd.DataFrame


@pytest.fixture(scope="module")
def wine() -> pd.DataFrame:
    return datasets.load_wine(as_frame=True).frame


@pytest.fixture(scope="module")
def learned(wine: pd.DataFrame) -> LearningResult:
    options = LearningOptions(target="target", confidence_threshold=0.8, max_iterations=30)
    return learn(wine, "classification", options, Progress(MemoryContext()))


@pytest.fixture
def given(learned: LearningResult, wine: pd.DataFrame) -> Given:
    assert learned.model_bytes is not None
    return Given(model=learned.model_bytes, frame=wine.assign(note="hello"))


def run(given: Given, form: str = "csv", model: UUID = MODEL, **options: Any) -> HandlerRun:
    source = {"type": "dataset", "dataset_id": "wine"}
    payload = {"model": str(model), "data_source": source, "output": {"format": form}}
    tables = {"data": {"wine": given.frame}, **options}
    return run_handler(Predict, payload, artifacts={MODEL: given.model}, **tables)


def test_it_works(given: Given, learned: LearningResult, wine: pd.DataFrame) -> None:
    done = run(given)
    result, saved = done.result, done.artifact()
    output = pd.read_csv(saved.open())
    names = ["prediction", "confidence", "certainty"]
    assert_frame_equal(output[names], learned.output[names], check_dtype=False)
    assert_frame_equal(output[list(wine.columns)], wine, check_dtype=False)
    assert result["rows"] == 178 and len(result["preview"]) == 100
    assert result["preview"][0]["prediction"] == learned.output["prediction"][0]
    assert result["ignored_columns"] == ["target", "note"] and result["unreadable_values"] == {}
    assert result["counts"]["uncertain"] == (learned.output["certainty"] == "uncertain").sum()
    assert result["output"]["artifact_id"] == str(saved.id) and result["model"]["target"] == "target"
    assert done.stages == ("loading", "reading", "predicting") and done.progress[-1].given_percentage == 98
    json.dumps(done.returned, allow_nan=False)


@pytest.mark.parametrize("form", ["json", "parquet"])
def test_other_formats_hold_the_same(given: Given, learned: LearningResult, form: str) -> None:
    file = run(given, form).artifact().open()
    rows = json.load(file) if form == "json" else pq.read_table(file).to_pylist()
    assert [row["prediction"] for row in rows] == list(learned.output["prediction"])
    assert [row["note"] for row in rows] == ["hello"] * 178


@pytest.mark.parametrize("form", ["csv", "json", "parquet"])
def test_batches_are_one_file_and_no_rows_are_one_too(given: Given, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    monkeypatch.setattr("jobs.handlers.predict.prediction.BATCH_ROWS", 100)
    given.frame = pd.concat([given.frame] * 30, ignore_index=True).assign(late=None)
    given.frame.loc[5_000:, "late"] = "here"
    done = run(given, form)
    result = done.result
    read = {"csv": pd.read_csv, "json": pd.read_json, "parquet": pd.read_parquet}[form]
    output = read(done.artifact().open())
    assert result["rows"] == len(output) == 5_340 and output["late"].notna().sum() == 340
    assert len(result["preview"]) == 100
    given.frame = given.frame.head(0)
    names = [*given.frame.columns, "prediction", "confidence", "certainty"]
    done = run(given, form)
    assert done.result["rows"] == 0
    empty = read(done.artifact().open())
    assert len(empty) == 0 and (form == "json" or list(empty.columns) == names)


def test_wide_rows_leave_room_for_all_else(given: Given, settings: Settings) -> None:
    more = pd.DataFrame({f"more_{number}": "x" * 20 for number in range(300)}, index=given.frame.index)
    given.frame = pd.concat([given.frame, more], axis=1)
    result = run(given).returned
    assert len(msgspec.json.encode(result, enc_hook=str)) <= settings.STREAMER_INLINE_RESULT_BYTES
    assert result["rows"] == 178 and result["output"]["filename"].endswith(".csv") and result["counts"]
    assert 1 < len(result["preview"]) < 100 and len(result["ignored_columns"]) == 302


def test_unused_columns_that_are_too_many_are_counted(given: Given, settings: Settings) -> None:
    more = pd.DataFrame({f"{number:0200}": 1 for number in range(400)}, index=given.frame.index)
    given.frame = pd.concat([given.frame, more], axis=1)
    result = run(given).returned
    assert len(msgspec.json.encode(result, enc_hook=str)) <= settings.STREAMER_INLINE_RESULT_BYTES
    named = len(result["ignored_columns"])
    assert result["notes"] == [f"The result has no room for {402 - named:,} more columns that the model does not use."]
    assert result["rows"] == 178 and 10 < named < 402


def test_whole_numbers_beside_missing_ones_stay_whole(given: Given) -> None:
    given.frame = given.frame.assign(number=pd.array([None, *[2**53 + 1] * 177], dtype="Int64"))
    preview = run(given, "json").result["preview"]
    assert [row["number"] for row in preview[:2]] == [None, 2**53 + 1]


def test_a_missing_column_is_named(given: Given) -> None:
    given.frame = given.frame.drop(columns=["alcohol", "hue"])
    done = run(given)
    assert isinstance(done.exception, InvalidPayload)
    faults = done.exception.faults
    assert [fault["path"] for fault in faults] == ["data_source"] * 2
    assert "'alcohol'" in faults[0]["message"] and "'hue'" in faults[1]["message"]
    assert done.artifacts == done.discarded == ()


def test_values_that_cannot_be_read_are_counted(given: Given) -> None:
    texts = given.frame["hue"].astype(str)
    texts[:3] = "pale"
    given.frame = given.frame.assign(hue=texts)
    assert run(given).result["unreadable_values"] == {"hue": 3}


def test_a_file_that_is_no_model_and_one_that_is_not_there(given: Given) -> None:
    with pytest.raises(Permanent, match="There is no artifact"):
        run(given, model=uuid4(), raise_errors=True)
    given.model = given.model[:-100]
    with pytest.raises(Permanent, match="not a model of this service"):
        run(given, raise_errors=True)


def test_it_can_be_cancelled(given: Given) -> None:
    done = run(given, cancel_after=1)
    assert done.status == "cancelled"
    assert done.artifacts == done.discarded == ()


def test_the_permission_and_a_bad_payload() -> None:
    assert Predict.permission == "data.process"
    with pytest.raises(InvalidPayload) as refused:
        Predict().parse({"model": "no id", "data_source": {"type": "inline", "rows": []}, "output": {"format": "doc"}})
    paths = {fault["path"].split(".")[0] for fault in refused.value.faults}
    assert paths == {"model", "data_source", "output"}


@pytest.mark.parametrize("form", ["csv", "json", "parquet"])
def test_dates_that_python_cannot_hold_are_missing_and_counted(given: Given, form: str) -> None:
    due = "CASE row_number() OVER () WHEN 1 THEN DATE 'infinity' ELSE DATE '2024-01-01' END AS due"
    odd = duckdb.from_df(given.frame).project(f"*, {due}").to_arrow_table()
    done = run(given, form, data={"wine": odd})
    assert done.result["notes"] == ["1 value of 'due' counts as missing: infinite, or outside the years 1 to 9999."]
    assert [row["due"] for row in done.result["preview"][:2]] == [None, "2024-01-01"]
    read = {"csv": pd.read_csv, "json": pd.read_json, "parquet": pd.read_parquet}[form]
    assert list(read(done.artifact().open())["due"].isna()) == [True] + [False] * 177


def test_nanoseconds_that_are_cut_are_told(given: Given) -> None:
    given.frame["at"] = pd.Timestamp("2024-01-31 10:00:00.000001999")
    assert run(given).result["notes"] == [
        "Column 'at' has nanoseconds in 178 values; they are cut to microseconds",
    ]


def test_a_table_without_odd_dates_has_no_note(given: Given) -> None:
    assert run(given).result["notes"] == []
