"""Transformations as a user sees them: files that open again, true counts, steady progress."""

import math
import subprocess
import sys
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest

from jobs.data.tables import loaded
from jobs.testing import MemoryContext
from tests.jobs.handlers.process_data.running import run, transformation
from tests.jobs.handlers.progress import jumps

OPERATIONS = [
    {"type": "filter", "column": "amount", "operator": "gt", "value": 0},
    {"type": "transform", "function": "multiply", "column": "amount", "value": 1.19, "into": "gross"},
    {"type": "deduplicate", "columns": ["code"], "keep": "last"},
    {
        "type": "aggregate",
        "group_by": ["town"],
        "aggregations": [
            {"function": "sum", "column": "gross", "as": "gross"},
            {"function": "stddev", "column": "amount", "as": "spread"},
            {"function": "count"},
        ],
    },
]
SHARES = {
    "ingestion": (0, 20),
    "preprocessing": (20, 40),
    "feature_engineering": (40, 60),
    "model": (60, 85),
    "output": (85, 100),
}


def from_file(path: Path, *operations: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {**transformation([], *operations, **more), "data_source": {"type": "file", "path": str(path)}}


def write_rows(path: Path, count: int) -> Path:
    numbers = range(count)
    columns = {
        "code": pa.array([number * 7919 % (count // 2) for number in numbers]),
        "town": pa.array([f"Town {number * 31 % 50}" for number in numbers]),
        "amount": pa.array([math.sin(number) * 1000 for number in numbers]),
    }
    pa.parquet.write_table(pa.table(columns), path)
    return path


@pytest.fixture(scope="module")
def half_a_million(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_rows(tmp_path_factory.mktemp("data") / "many.parquet", 500_000)


@pytest.fixture(scope="module")
def odd_rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every kind of value, one row without any, and what only floating point knows."""
    path = tmp_path_factory.mktemp("data") / "odd.parquet"
    moment = datetime(2024, 5, 6, 7, 8, 9, 500000)
    table = pa.table(
        {
            'te"xt, 1': pa.array(["=1+1", None, 'Zo"ë\n\\ €', ""]),
            "number": pa.array([0.1, None, math.nan, math.inf]),
            "whole": pa.array([2**60, None, -1, 0]),
            "money": pa.array([Decimal("12.30"), None, Decimal("-0.01"), Decimal("0.00")], pa.decimal128(12, 2)),
            "moment": pa.array([moment, None, moment, moment.replace(microsecond=0)]),
            "yes": pa.array([True, None, False, True]),
            "many": pa.array([[1, 2], None, [], [3]]),
        }
    )
    pa.parquet.write_table(table, path)
    return path


def test_it_works() -> None:
    rows: list[dict[str, Any]] = [{"town": "Bonn", "x": 1}, {"town": "Ulm", "x": 2}, {"town": None, "x": 3}]
    condition = {"type": "filter", "column": "x", "operator": "ge", "value": 2}
    done = run(transformation(rows, condition, output={"filename": "towns"}))
    result, artifact = done.result, done.artifact()
    summary = result["summary"]
    assert result["records"] == rows[1:] == msgspec.json.decode(artifact.content)
    assert result["artifacts"] == {"output": done.messages[-1]["artifacts"][0]} and artifact.filename == "towns.json"
    assert (summary["total_records"], summary["output_records"], summary["dropped"]) == (3, 2, 1)
    assert (summary["pipeline"], summary["model"], summary["missing"]) == ("transformation", None, {"town": 1})
    [operation] = summary["operations"]
    assert (operation["type"], operation["rows_before"], operation["rows_after"]) == ("filter", 3, 2)
    assert len(summary["data_fingerprint"]) == 64
    assert {"python", "duckdb", "numpy", "sklearn"} <= summary["versions"].keys()
    assert summary["columns"] == [{"name": "town", "type": "string"}, {"name": "x", "type": "int64"}]
    assert summary["processing_time"] > 0
    assert done.partials == ({"records": rows[1:], "total_records": 2, "columns": ["town", "x"]},)


def test_json_says_every_value_and_null_for_what_it_cannot(odd_rows: Path) -> None:
    done = run(from_file(odd_rows, {"type": "limit", "rows": 9}))
    rows = msgspec.json.decode(done.artifacts[0].content)
    assert rows == done.result["records"] and rows[1] == dict.fromkeys(rows[0])
    assert list(rows[0].values()) == ["=1+1", 0.1, 2**60, 12.3, "2024-05-06T07:08:09.500000", True, "[1,2]"]
    assert list(rows[2].values())[:4] == ['Zo"ë\n\\ €', None, -1, -0.01]
    assert list(rows[3].values())[:5] == ["", None, 0, 0.0, "2024-05-06T07:08:09"]


def test_csv_opens_in_pandas_and_runs_no_formula(odd_rows: Path) -> None:
    rename = {"type": "rename", "columns": {"yes": "=yes()"}}
    done = run(from_file(odd_rows, rename, output={"format": "csv"}))
    [artifact] = done.artifacts
    frame = pd.read_csv(artifact.open(), keep_default_na=False, na_values={"number": [""]}, dtype={"money": "str"})
    assert list(frame) == ['te"xt, 1', "number", "whole", "money", "moment", "'=yes()", "many"]
    assert list(frame['te"xt, 1']) == ["'=1+1", "", 'Zo"ë\n\\ €', ""]
    assert list(frame["money"]) == ["12.30", "", "-0.01", "0.00"]
    assert frame["number"][0] == 0.1 and frame["number"][1:].isna().all()
    assert artifact.media_type == "text/csv" and artifact.filename == f"{odd_rows.stem}-transformed.csv"


def test_parquet_keeps_the_types(odd_rows: Path) -> None:
    done = run(from_file(odd_rows, {"type": "limit", "rows": 9}, output={"format": "parquet"}))
    frame = pd.read_parquet(done.artifacts[0].open())
    assert frame["money"][0] == Decimal("12.30") and frame["moment"].dtype.kind == "M"
    assert math.isnan(frame["number"][2]) and frame["number"][3] == math.inf
    assert frame["many"][0] == "[1,2]"


@pytest.mark.parametrize("file_format", ["json", "csv", "parquet"])
def test_no_rows_are_a_file_with_columns(file_format: str) -> None:
    nothing = {"type": "filter", "column": "a", "operator": "gt", "value": 9}
    done = run(transformation([{"a": 1, "b": "x"}], nothing, output={"format": file_format}))
    result, output = done.result, done.artifact()
    assert result["records"] == [] and result["summary"]["output_records"] == 0
    if file_format == "json":
        assert msgspec.json.decode(output.content) == []
    else:
        frame = pd.read_csv(output.open()) if file_format == "csv" else pd.read_parquet(output.open())
        assert list(frame) == ["a", "b"] and frame.empty
    assert done.progress[-1].given_percentage == 100


def test_half_a_million_rows_show_steady_progress_and_give_the_same_bytes_again(half_a_million: Path) -> None:
    runs = [run(from_file(half_a_million, *OPERATIONS)) for _ in range(2)]
    results = [done.result for done in runs]
    one, two = (done.artifact().content for done in runs)
    assert one == two and results[0]["records"] == results[1]["records"]
    assert results[0]["summary"]["data_fingerprint"] == results[1]["summary"]["data_fingerprint"]
    reports = runs[0].progress
    assert len(reports) > 50 and min(jumps(runs[0])) >= 0 and reports[-1].percentage == 100
    assert list(runs[0].stages) == list(SHARES)
    for report in reports:
        low, high = SHARES[report.metadata["stage"]]
        assert low <= report.given_percentage <= high
        assert report.metadata["done"] <= (report.metadata["total"] or 10**9)
    frame = pd.read_parquet(half_a_million)
    kept = frame[frame["amount"] > 0].drop_duplicates("code", keep="last")
    expected = kept.assign(gross=kept["amount"] * 1.19).groupby("town")["gross"].sum()
    rows = {row["town"]: row["gross"] for row in msgspec.json.decode(one)}
    assert rows == pytest.approx(expected.to_dict()) and list(rows) == sorted(rows)
    assert results[0]["summary"]["dropped"] == 500_000 - len(kept)


def test_rows_keep_the_order_of_the_source(half_a_million: Path) -> None:
    done = run(from_file(half_a_million, OPERATIONS[0], OPERATIONS[2], output={"format": "parquet"}))
    frame = pd.read_parquet(half_a_million)
    kept = frame[frame["amount"] > 0].drop_duplicates("code", keep="last").reset_index(drop=True)
    pd.testing.assert_frame_equal(pd.read_parquet(done.artifacts[0].open()), kept)


def test_a_cancel_is_heeded_in_the_middle_and_leaves_no_file(half_a_million: Path) -> None:
    def is_late(context: MemoryContext) -> bool:
        return bool(context.progress) and context.progress[-1].given_percentage > 50

    done = run(from_file(half_a_million, *OPERATIONS), cancel_after=is_late)
    assert done.status == "cancelled"
    assert done.progress[-1].given_percentage < 60 and not done.artifacts and not done.discarded


def test_what_a_user_sends_is_never_part_of_a_statement(monkeypatch: pytest.MonkeyPatch) -> None:
    statements: list[str] = []

    def listening(name: str) -> None:
        watched = getattr(loaded, name)

        def listen(connection: Any, sql: str, *more: Any) -> Any:
            statements.append(sql)
            return watched(connection, sql, *more)

        monkeypatch.setattr(loaded, name, listen)

    listening("fetch_watched")
    listening("stream_watched")
    run(
        transformation(
            [{"a": "x"}],
            {"type": "filter", "column": "a", "operator": "ne", "value": "SECRET"},
            {"type": "filter", "column": "a", "operator": "not_in", "value": ["SECRET"]},
            {"type": "transform", "function": "replace", "column": "a", "find": "SECRET", "replacement": "SECRET"},
            {"type": "transform", "function": "fill_null", "column": "a", "value": "SECRET"},
            {"type": "transform", "function": "concat", "column": "a", "columns": ["a"], "separator": "SECRET"},
        ),
    )
    assert statements and not any("SECRET" in statement for statement in statements)


def test_the_handler_alone_loads_nothing_heavy() -> None:
    code = (
        "import os, sys, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'tests.settings'; django.setup();"
        "import jobs.handlers.process_data;"
        "print([name for name in ('duckdb', 'pyarrow', 'pandas', 'numpy', 'sklearn') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
