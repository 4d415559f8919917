"""The preview of operations: the first rows of a dataset, what they become, and where an operation does not fit."""

from pathlib import Path
from typing import Any

import duckdb
import msgspec
import pytest
from pytest_django import Settings

from jobs.contract.data_source import DatasetSource
from jobs.data.sources.definition import SourceDefinition
from jobs.data.tables import first_rows
from jobs.data.tables.first_rows import open_first_rows
from jobs.errors import InvalidPayload, Permanent
from jobs.handlers.preview_data import MAX_ROWS, PreviewData
from jobs.testing import run_handler

ROWS = [{"town": town, "rent": rent} for town, rent in (("Bern", 900), ("Basel", 1200), ("Bern", 1500))]


def preview(*operations: dict[str, Any], rows: list[dict[str, Any]] = ROWS, **more: Any) -> dict[str, Any]:
    payload = {
        "pipeline": "transformation",
        "output": {"format": "csv"},
        "data_source": {"type": "inline", "rows": rows},
        "options": {"operations": list(operations), "seed": 1},
        **more,
    }
    return dict(run_handler(PreviewData, payload, raise_errors=True).result)


def test_without_operations_it_shows_the_data() -> None:
    shown = preview()
    assert shown["rows"] == ROWS and (shown["total_rows"], shown["read_rows"], shown["is_cut"]) == (3, 3, False)
    assert shown["columns"] == [{"name": "town", "type": "VARCHAR"}, {"name": "rent", "type": "BIGINT"}]


def test_operations_are_applied_one_after_another() -> None:
    figures = [{"function": "sum", "column": "rent"}]
    shown = preview(
        {"type": "filter", "column": "rent", "operator": "gt", "value": 1000},
        {"type": "aggregate", "group_by": ["town"], "aggregations": figures},
    )
    assert shown["rows"] == [{"town": "Basel", "sum_rent": 1200}, {"town": "Bern", "sum_rent": 1500}]


def test_a_fault_lies_at_its_operation() -> None:
    with pytest.raises(InvalidPayload) as caught:
        preview({"type": "limit", "rows": 2}, {"type": "drop", "columns": ["price"]})
    [fault] = caught.value.faults
    assert fault["path"] == "options.operations[1].columns[0]" and "there is no column 'price'" in fault["message"]


def test_a_fault_of_the_payload_has_the_path_of_the_form() -> None:
    with pytest.raises(InvalidPayload) as caught:
        PreviewData().parse(
            {"data_source": {"type": "inline", "rows": ROWS}, "options": {"operations": [{"type": "limit"}]}}
        )
    assert [fault["path"] for fault in caught.value.faults] == ["options.operations[0].rows"]


def test_it_reads_no_more_than_the_first_rows_and_cuts_long_texts() -> None:
    shown = preview(rows=[{"text": "x" * 300, "number": number} for number in range(MAX_ROWS + 50)])
    assert (shown["read_rows"], shown["total_rows"], shown["is_cut"]) == (MAX_ROWS, MAX_ROWS, True)
    assert len(shown["rows"]) == 20 and len(shown["rows"][0]["text"]) == 201


def test_of_wide_rows_it_shows_as_many_as_a_result_holds(settings: Settings) -> None:
    shown = preview(rows=[{f"column_{column}": "x" * 20 for column in range(300)} for _ in range(30)])
    assert 2 < len(shown["rows"]) < 20 and shown["total_rows"] == 30 and len(shown["columns"]) == 300
    assert len(msgspec.json.encode(shown)) <= settings.STREAMER_INLINE_RESULT_BYTES


def test_of_a_registered_source_it_reads_the_first_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for table, columns in (
        ("orders", "range AS customer, range * 2.5 AS value"),
        ("names", "range AS customer, 'x' AS name"),
    ):
        duckdb.execute(f"COPY (SELECT {columns} FROM range(5000)) TO '{tmp_path}/{table}.parquet'")
    files = {table: str(tmp_path / f"{table}.parquet") for table in ("orders", "names")}
    source = SourceDefinition(
        name="shop", label="Shop", files=files, query="SELECT * FROM orders JOIN names USING (customer)",
        date="customer", value="value", category="name",
    )  # fmt: skip
    monkeypatch.setattr(first_rows, "find_dataset", lambda tenant_id, name: None)
    monkeypatch.setattr(first_rows, "find_source", lambda name: source)
    named = DatasetSource(type="dataset", dataset_id="shop")
    with open_first_rows(named, rows=7, tenant_id="t", scratch_dir=tmp_path, check=lambda: None) as opened:
        assert (opened.rows, list(opened.columns)) == (7, ["customer", "value", "name"])
        with pytest.raises(Permanent):
            opened.fetch("SELECT * FROM read_text('/etc/hostname')")


def test_a_query_has_no_preview() -> None:
    with pytest.raises(Permanent, match="no preview of text files, queries and streams"):
        preview(data_source={"type": "query", "sql": "SELECT 1"})
