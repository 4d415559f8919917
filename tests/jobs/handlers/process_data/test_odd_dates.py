"""Dates that a DuckDB column holds and nobody else: they count as missing in every pipeline and format."""

from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow.parquet
import pytest

from tests.jobs.handlers.process_data.running import output_rows, run

SQL = """
    SELECT i AS id, CASE WHEN i = 7 THEN DATE 'infinity' WHEN i = 8 THEN DATE '-infinity' WHEN i = 9 THEN
    DATE '10000-01-01' ELSE DATE '2024-01-01' + (i % 60)::INTEGER END AS due, CASE WHEN i = 5 THEN
    TIMESTAMP 'infinity' ELSE TIMESTAMP '2024-01-01 10:00' + INTERVAL (i) HOUR END AS at_moment,
    CASE WHEN i = 3 THEN TIME '24:00:00' ELSE TIME '08:00' + INTERVAL (i) MINUTE END AS clock,
    hash(i) % 100 / 10 AS x, CASE WHEN i % 3 = 0 THEN 'yes' ELSE 'no' END AS y FROM range(120) t(i)
"""
NOTES = [
    "3 values of 'due' count as missing: infinite, or outside the years 1 to 9999.",
    "1 value of 'at_moment' counts as missing: infinite, or outside the years 1 to 9999.",
    "1 value of 'clock' counts as missing: no time of a day.",
]


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("data") / "odd.parquet"
    duckdb.sql(f"COPY ({SQL}) TO '{path}' (FORMAT parquet)")
    return path


def payload(path: Path, pipeline: str, file_format: str = "json", **options: Any) -> dict[str, Any]:
    source = {"type": "file", "path": str(path)}
    return {"pipeline": pipeline, "data_source": source, "options": options, "output": {"format": file_format}}


@pytest.mark.parametrize("file_format", ["json", "csv", "parquet"])
def test_it_works(odd: Path, file_format: str) -> None:
    operations = [{"type": "limit", "rows": 10}]
    done = run(payload(odd, "transformation", file_format, operations=operations))
    result, file = done.result, done.artifact().open()
    assert result["notes"] == NOTES
    assert result["summary"]["missing"] == {"due": 3, "at_moment": 1, "clock": 1}
    if file_format == "json":
        rows = pd.DataFrame(output_rows(done))
    else:
        rows = pd.read_csv(file) if file_format == "csv" else pyarrow.parquet.read_table(file).to_pandas()
    assert list(rows["due"].isna()) == [False] * 7 + [True] * 3
    assert list(rows.index[rows["at_moment"].isna()]) == [5] and list(rows.index[rows["clock"].isna()]) == [3]
    assert [row["due"] for row in result["records"][6:]] == ["2024-01-07", None, None, None]


@pytest.mark.parametrize(
    ("condition", "ids"),
    [
        ({"or": [{"column": "due", "operator": "ge", "value": "2024-02-29"}]}, [59, 119]),
        ({"column": "due", "operator": "is_null"}, [7, 8, 9]),
    ],
    ids=str,
)
def test_they_meet_no_condition_but_is_null(odd: Path, condition: dict[str, Any], ids: list[int]) -> None:
    done = run(payload(odd, "transformation", operations=[{"type": "filter", **condition}]))
    assert [row["id"] for row in output_rows(done)] == ids


@pytest.mark.parametrize("pipeline", ["classification", "regression", "clustering", "anomaly"])
def test_every_model_learns_from_them_as_missing(odd: Path, pipeline: str) -> None:
    target = {"classification": {"target": "y"}, "regression": {"target": "x"}}.get(pipeline, {})
    features = [name for name in ("due", "at_moment", "clock", "x") if name != target.get("target")]
    result = run(payload(odd, pipeline, features=features, max_iterations=10, **target)).result
    kinds = {one["name"]: (one["kind"], one["missing"]) for one in result["summary"]["details"]["columns"]}
    assert {name: kind for name, (kind, _) in kinds.items() if name != "x"} == {
        "due": "date",
        "at_moment": "timestamp",
        "clock": "number",
    }
    assert result["notes"][:3] == NOTES and result["records"][7]["due"] is None
