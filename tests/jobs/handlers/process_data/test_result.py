"""The result stays small enough to be sent as it is, however wide the rows are: the summary is in it in any case."""

from typing import Any

import msgspec
import pyarrow as pa
from pytest_django import Settings

from jobs.jsonable import to_json
from tests.jobs.handlers.process_data.running import run, transformation


def wide(rows: int, columns: int, characters: int = 10) -> list[dict[str, Any]]:
    return [
        {f"column_{column}": f"{row:0{characters}}" if column % 2 else row for column in range(columns)}
        for row in range(rows)
    ]


def size(result: Any) -> int:
    return len(msgspec.json.encode(to_json(result)))


def test_it_works(settings: Settings) -> None:
    rows = wide(100, 100)
    done = run(transformation(rows, {"type": "limit", "rows": 100}))
    result, saved = done.returned, done.artifact()
    assert size(result) <= settings.STREAMER_INLINE_RESULT_BYTES
    summary = result["summary"]
    assert (summary["pipeline"], summary["output_records"], len(summary["columns"])) == ("transformation", 100, 100)
    assert "left_out" not in summary
    shown = result["records"]
    assert 10 <= len(shown) < 100 and shown == rows[: len(shown)]
    assert size(result) > 0.9 * settings.STREAMER_INLINE_RESULT_BYTES, "as many records as fit"
    output = result["artifacts"]["output"]
    assert (output["artifact_id"], output["url"], output["sha256"]) == (str(saved.id), saved.url, saved.sha256)


def test_narrow_rows_are_all_there() -> None:
    rows = wide(100, 3)
    assert run(transformation(rows, {"type": "limit", "rows": 100})).returned["records"] == rows


def test_a_record_that_is_too_large_by_itself_goes(settings: Settings) -> None:
    result = run(transformation([{"text": "é" * 50_000}], {"type": "limit", "rows": 1})).returned
    assert result["records"] == [] and result["summary"]["output_records"] == 1
    assert size(result) <= settings.STREAMER_INLINE_RESULT_BYTES


def test_a_summary_that_is_too_large_names_what_it_leaves_out(settings: Settings) -> None:
    stored = {"type": "dataset", "dataset_id": "wide"}  # inline rows have 1,000 columns at most
    payload = {**transformation([], {"type": "limit", "rows": 2}), "data_source": stored}
    result = run(payload, data={"wide": wide(2, 2_000)}).returned
    assert size(result) <= settings.STREAMER_INLINE_RESULT_BYTES
    summary = result["summary"]
    assert summary["left_out"] == ["columns"] and "columns" not in summary
    assert (summary["total_records"], summary["output_records"]) == (2, 2) and summary["operations"]


def test_notes_that_are_too_many_are_counted(settings: Settings) -> None:
    far = pa.scalar(10**6 * 4, pa.int32()).cast(pa.date32())
    table = pa.table({f"column_{number}": pa.array([far], pa.date32()) for number in range(1_000)})
    stored = {"type": "dataset", "dataset_id": "far"}
    payload = {**transformation([], {"type": "limit", "rows": 1}), "data_source": stored}
    result = run(payload, data={"far": table}).returned
    assert size(result) <= settings.STREAMER_INLINE_RESULT_BYTES
    *notes, last = result["notes"]
    assert notes[0] == "1 value of 'column_0' counts as missing: infinite, or outside the years 1 to 9999."
    assert last == f"The result has no room for {1_000 - len(notes):,} more notes." and len(notes) > 10
    assert result["summary"]["output_records"] == 1
