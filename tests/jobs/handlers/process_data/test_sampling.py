"""Tables of more rows than a model learns from: a sample is learned from, and every row gets its prediction."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest

from jobs.handler import FileSource, Permanent
from jobs.handlers.process_data.learning.models.file import load_model
from jobs.handlers.process_data.learning.options import LearningOptions
from jobs.handlers.process_data.reading import sampling
from jobs.handlers.process_data.stages import Progress
from jobs.testing import HandlerRun, MemoryContext
from tests.jobs.handlers.process_data.running import run

ROWS, LIMIT = 3_000, 200


@pytest.fixture(autouse=True)
def few_rows_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "MAX_ROWS", LIMIT)
    monkeypatch.setattr("jobs.handlers.process_data.reading.frame._BATCH_ROWS", 700)


@pytest.fixture
def table(tmp_path: Path) -> pd.DataFrame:
    """``kind`` has a rare class, ``y`` has holes and a text of no number; ``whole`` has holes too."""
    random = np.random.default_rng(5)
    a, b = random.normal(size=(2, ROWS)).round(4)
    kind = np.where(a > 0, "high", "low").astype(object)
    kind[::100], kind[7::50] = "rare", None
    y = pd.Series([f"{value:.4f}" for value in 3 * a + b], dtype=object)
    y[3::40], y[5] = None, "soon"
    whole = pd.array([None if at % 3 == 0 else at for at in range(ROWS)], dtype="Int64")
    frame = pd.DataFrame({"a": a, "b": b, "whole": whole, "kind": kind, "y": y})
    frame.to_parquet(tmp_path / "table.parquet", index=False)
    return frame


def process(tmp_path: Path, pipeline: str, **options: Any) -> tuple[HandlerRun, dict[str, Any], pd.DataFrame]:
    source = {"type": "file", "path": str(tmp_path / "table.parquet")}
    options = {"features": ["a", "b"], "max_iterations": 10, **options}
    if pipeline == "clustering":
        options["n_clusters"] = 3
    payload = {"pipeline": pipeline, "data_source": source, "options": options, "output": {"format": "parquet"}}
    done = run(payload)
    return done, done.result, pd.read_parquet(done.artifacts[0].open())


def test_every_row_with_a_class_is_predicted(tmp_path: Path, table: pd.DataFrame) -> None:
    done, result, output = process(tmp_path, "classification", target="kind", confidence_threshold=0.6)
    labelled = table[table["kind"].notna()].reset_index(drop=True)
    written = pyarrow.parquet.read_table(done.artifacts[0].open()).select(list(table))
    assert written.to_pylist() == pa.Table.from_pandas(labelled).to_pylist()
    summary = result["summary"]
    assert summary["total_records"] == ROWS and summary["output_records"] == len(labelled)
    assert summary["dropped"] == ROWS - len(labelled)
    assert summary["learned_records"] == LIMIT == sum(output["part"].isin(["training", "test"]))
    assert (output["part"] == "test").sum() == summary["metrics"]["test_rows"]
    assert (output["prediction"] == output["kind"])[output["kind"] != "rare"].mean() > 0.85
    drawn = output[output["part"] != "unseen"]
    assert (drawn["kind"] == "rare").sum() == (labelled["kind"] == "rare").sum() == 30
    assert any(report.message == "Sampled 200 of 3,000 rows to learn from" for report in done.progress)
    assert len(result["records"]) == 100 and result["records"][0]["whole"] is None
    # The model that was saved says the same of every row.
    with done.artifacts[1].open() as file:
        again = load_model(file).predict(labelled)
    assert list(again["prediction"]) == list(output["prediction"])


def test_every_row_with_a_number_is_predicted(tmp_path: Path, table: pd.DataFrame) -> None:
    _, result, output = process(tmp_path, "regression", target="y")
    known = table[pd.to_numeric(table["y"], errors="coerce").notna()]
    assert len(output) == len(known) and list(output["whole"].dropna()) == list(known["whole"].dropna())
    assert (output["prediction"] - output["y"].astype(float)).abs().mean() < 0.5
    assert result["summary"]["dropped"] == ROWS - len(known)


@pytest.mark.parametrize("pipeline", ["clustering", "anomaly"])
def test_without_a_target_every_row_is(tmp_path: Path, table: pd.DataFrame, pipeline: str) -> None:
    _, result, output = process(tmp_path, pipeline)
    assert len(output) == ROWS and result["summary"]["dropped"] == 0
    assert (result["summary"]["learned_records"], result["summary"]["metrics"]["rows"]) == (LIMIT, LIMIT)
    for strange in result["summary"]["details"].get("strangest", ()):
        assert output["anomaly_score"][strange["row"]] == strange["score"]
    assert "part" not in output and output.iloc[:, -1].notna().all()


def test_the_same_rows_and_seed_give_the_same_sample_and_another_seed_another(
    tmp_path: Path, table: pd.DataFrame
) -> None:
    source = FileSource(type="file", path="table.parquet")
    given = {"table.parquet": tmp_path / "table.parquet"}
    with MemoryContext(data=given) as context, context.open_data(source) as opened:
        samples = [
            sampling.sample_rows(opened, "classification", LearningOptions(target="kind", seed=seed), Progress(context))
            for seed in (1, 1, 2)
        ]
    pd.testing.assert_frame_equal(samples[0].frame, samples[1].frame)
    assert list(samples[0].positions) != list(samples[2].positions)
    assert list(samples[0].frame["a"]) == list(table["a"].iloc[samples[0].positions])


def test_too_many_classes_are_told_before_a_sample_is_drawn(tmp_path: Path, table: pd.DataFrame) -> None:
    with pytest.raises(Permanent, match="'b' has more than 100 different values"):
        process(tmp_path, "classification", target="b", features=["a"])


def test_of_many_columns_fewer_rows_are_taken(
    tmp_path: Path, table: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sampling, "_MIN_ROWS", 50)
    monkeypatch.setattr(sampling, "_MAX_CELLS", 100)
    _, result, _ = process(tmp_path, "clustering")
    assert result["summary"]["learned_records"] == 50
