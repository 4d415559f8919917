"""The result stays small enough to be sent as it is, however wide the rows are: the summary is in it in any case."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from pytest_django import Settings

from jobs.jsonable import to_json
from tests.jobs.handlers.process_data.data_context import DataContext, data_context, run, transformation


@pytest.fixture
def data(tmp_path: Path) -> DataContext:
    return data_context(tmp_path / "run")


def wide(rows: int, columns: int, characters: int = 10) -> list[dict[str, Any]]:
    return [
        {f"column_{column}": f"{row:0{characters}}" if column % 2 else row for column in range(columns)}
        for row in range(rows)
    ]


def size(result: Any) -> int:
    return len(msgspec.json.encode(to_json(result)))


def test_it_works(data: DataContext, settings: Settings) -> None:
    rows = wide(100, 100)
    result = run(data, transformation(rows, {"type": "limit", "rows": 100}))
    assert size(result) <= settings.STREAMER_INLINE_RESULT_BYTES
    summary = result["summary"]
    assert (summary["pipeline"], summary["output_records"], len(summary["columns"])) == ("transformation", 100, 100)
    assert "left_out" not in summary
    shown = result["records"]
    assert 10 <= len(shown) < 100 and shown == rows[: len(shown)]
    assert size(result) > 0.9 * settings.STREAMER_INLINE_RESULT_BYTES, "as many records as fit"
    assert result["artifacts"]["output"] == data.artifacts[0].describe()


def test_narrow_rows_are_all_there(data: DataContext) -> None:
    rows = wide(100, 3)
    assert run(data, transformation(rows, {"type": "limit", "rows": 100}))["records"] == rows


def test_a_record_that_is_too_large_by_itself_goes(data: DataContext, settings: Settings) -> None:
    result = run(data, transformation([{"text": "é" * 50_000}], {"type": "limit", "rows": 1}))
    assert result["records"] == [] and result["summary"]["output_records"] == 1
    assert size(result) <= settings.STREAMER_INLINE_RESULT_BYTES


def test_a_summary_that_is_too_large_names_what_it_leaves_out(data: DataContext, settings: Settings) -> None:
    result = run(data, transformation(wide(2, 2_000), {"type": "limit", "rows": 2}))
    assert size(result) <= settings.STREAMER_INLINE_RESULT_BYTES
    summary = result["summary"]
    assert summary["left_out"] == ["columns"] and "columns" not in summary
    assert (summary["total_records"], summary["output_records"]) == (2, 2) and summary["operations"]
