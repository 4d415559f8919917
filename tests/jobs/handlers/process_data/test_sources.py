"""Every pipeline on every kind of source: the same rows come to the same outcome, whichever way they came."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.data.datasets.adding import Wish, add_dataset
from jobs.data.datasets.ingest.conversion import ingest
from jobs.handler import Permanent
from jobs.queue import wakeups
from tests.jobs.handlers.process_data.running import run, transformation
from tests.jobs.handlers.progress import jumps

pytestmark = pytest.mark.django_db

ROWS: list[dict[str, Any]] = [
    {
        "size": number * 7 % 40 + 0.5,
        "weight": number * 3 % 17 - 0.25,
        "colour": ("red", "green", None)[number % 3],
        "kind": "large" if number * 7 % 40 > 20 else "small",
    }
    for number in range(48)
]
SOURCES: dict[str, dict[str, Any]] = {
    "rows": {"type": "inline", "rows": ROWS},
    "CSV": {"type": "dataset", "dataset_id": "from_csv"},
    "Parquet": {"type": "dataset", "dataset_id": "from_parquet"},
    "query": {"type": "query", "sql": "SELECT * FROM from_csv WHERE size > 0"},
    "stream": {"type": "stream", "stream_id": "things", "max_seconds": 0},
}
PIPELINES: dict[str, dict[str, Any]] = {
    "transformation": {"operations": [{"type": "sort", "by": [{"column": "size"}]}, {"type": "limit", "rows": 9}]},
    "classification": {"target": "kind", "max_iterations": 3},
    "regression": {"target": "size", "max_iterations": 3},
    "clustering": {"n_clusters": 2, "max_iterations": 3},
    "anomaly": {"contamination": 0.1, "max_iterations": 3},
}
MAX_POINTS = 15.0


@pytest.fixture
def sources(own_storage: Path, tmp_path: Path) -> Mapping[str, dict[str, Any]]:
    frame = pd.DataFrame(ROWS)
    frame.to_csv(tmp_path / "things.csv", index=False)
    frame.to_parquet(tmp_path / "things.parquet", index=False)
    for name, filename in (("from_csv", "things.csv"), ("from_parquet", "things.parquet")):
        owner = {"tenant_id": "acme", "user_id": "alice"}
        path = tmp_path / filename
        add_dataset(path, tmp_path, **owner, filename=filename, wish=Wish(name=name), ingest=ingest)
    for row in ROWS:
        wakeups.connection().xadd("stream:acme:things", {"data": json.dumps(row)})
    return SOURCES


@pytest.mark.parametrize("pipeline", PIPELINES)
def test_it_works(sources: Mapping[str, dict[str, Any]], pipeline: str) -> None:
    results = {}
    for name, source in sources.items():
        payload = {"pipeline": pipeline, "data_source": source, "options": PIPELINES[pipeline]}
        done = run(payload, use_stored_data=True)
        result = done.result
        results[name] = {
            "records": result["records"],
            "metrics": result["summary"]["metrics"],
            "version": result["summary"]["model_version"],
            "output": done.artifacts[0].content,
        }
        assert result["summary"]["total_records"] == len(ROWS) and set(ROWS[0]) <= set(result["records"][0])
        is_learned = pipeline != "transformation"
        assert list(result["artifacts"]) == ["output", *(["model", "report"] if is_learned else [])]
        if is_learned:
            steps = [
                jump for jump, report in zip(jumps(done), done.progress, strict=True) if report.given_percentage > 20
            ]
            assert min(steps) >= 0 and max(steps) <= MAX_POINTS
    assert [name for name, found in results.items() if found != results["rows"]] == []


def test_the_notes_say_what_was_cut_from_a_file(tmp_path: Path) -> None:
    moments = pa.array([1_706_745_599_999_999_999, 0], pa.timestamp("ns"))
    pq.write_table(pa.table({"at": moments}), tmp_path / "moments.parquet")
    source = {"type": "file", "path": str(tmp_path / "moments.parquet")}
    done = run({**transformation([], {"type": "limit", "rows": 2}), "data_source": source})
    assert done.result["notes"] == ["Column 'at' has nanoseconds in 1 value; they are cut to microseconds"]
    assert done.result["records"][0] == {"at": "2024-01-31T23:59:59.999999"}


def test_a_query_with_a_column_rowid_is_refused_clearly(sources: Mapping[str, dict[str, Any]]) -> None:
    source = {"type": "query", "sql": "SELECT size AS RowID FROM from_csv"}
    payload = {**transformation([], {"type": "limit", "rows": 1}), "data_source": source}
    with pytest.raises(Permanent, match="column 'rowid'"):
        run(payload, use_stored_data=True)
