"""The payloads of ``bulk_operation``, the permissions it asks for, and the items it makes of rows."""

from datetime import time
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from pytest_django import Settings

from jobs.contract.registry import all_handlers
from jobs.handler import InvalidPayload, Permanent
from jobs.handlers.bulk_operation import BulkOperation
from jobs.handlers.bulk_operation.rows import as_json, items_of
from jobs.jsonable import encode_json
from jobs.testing import MemoryContext, run_handler

ECHO = {"type": "action", "action": "echo"}
SOURCE = {"type": "dataset", "dataset_id": "people"}


def parse(**payload: Any) -> Any:
    return all_handlers()["bulk_operation"].parse({"operation": ECHO, **payload})


def items(sql: str, notes: list[str] | None = None) -> list[Any]:
    """The items that the outcome of the query becomes."""
    with MemoryContext(data={"people": duckdb.sql(sql).to_arrow_table()}) as context:
        return list(items_of(parse(data_source=SOURCE), context, [] if notes is None else notes))


def test_it_works() -> None:
    payload = parse(items=[{"message": 1}])
    assert (payload.batch_size, payload.on_error, payload.reject_format) == (100, "continue", "csv")
    assert all_handlers()["bulk_operation"].permissions_for(payload) == ()


@pytest.mark.parametrize(
    ("operation", "permissions"),
    [
        ({"type": "action", "action": "zoo_locked"}, ("zoo.enter",)),
        # Any of its items may name a dataset.
        ({"type": "action", "action": "generate_report"}, ("reports.generate", "datasets.read")),
        ({"type": "delete", "entity": "customers"}, ("entities.customers.delete",)),
    ],
)
def test_it_asks_for_the_permissions_of_what_is_done(operation: dict[str, str], permissions: tuple[str, ...]) -> None:
    payload = parse(operation=operation, items=[{}])
    assert all_handlers()["bulk_operation"].permissions_for(payload) == permissions


@pytest.mark.parametrize(
    "operation",
    [
        {"type": "action", "action": "no_such"},
        {"type": "action", "action": "bulk_operation"},
        {"type": "action", "action": "bulk_share"},
        {"type": "action", "action": "zoo_scarce"},
        {"type": "create", "entity": "no_such"},
        {"type": "drop", "entity": "customers"},
        {"type": "create", "action": "echo"},
    ],
)
def test_what_cannot_be_done_in_bulk(operation: dict[str, str]) -> None:
    with pytest.raises(InvalidPayload):
        parse(operation=operation, items=[{}])


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"items": []},
        {"items": [1]},
        {"items": [{}] * 10_001},
        {"items": [{}], "data_source": SOURCE},
        {"items": [{}], "batch_size": 0},
        {"items": [{}], "batch_size": 1_001},
        {"items": [{}], "on_error": "ask"},
    ],
)
def test_what_is_no_bulk(fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidPayload):
        parse(**fields)


def test_rows_become_items() -> None:
    sql = "SELECT 'Ann' AS name, DATE '2024-02-29' AS day, 9.50::DECIMAL(6,2) AS total, [1, 2] AS parts, NULL AS gone"
    assert items(sql) == [{"name": "Ann", "day": "2024-02-29", "total": 9.5, "parts": "[1,2]", "gone": None}]


def test_values_inside_of_values_become_json_too() -> None:
    assert as_json({"parts": [Decimal("1.5"), b"\x01", None], "at": (time(7, 30),)}) == {
        "parts": [1.5, "01", None],
        "at": ["07:30:00"],
    }


def test_a_number_that_would_lose_digits_is_a_text() -> None:
    assert items("SELECT 12345678901234567890.12::DECIMAL(22,2) AS x") == [{"x": "12345678901234567890.12"}]


@pytest.mark.parametrize("rows", [0, 100_001])
def test_too_few_or_too_many_rows(rows: int) -> None:
    with pytest.raises(Permanent, match=f"{rows:,} rows"):
        items(f"SELECT * FROM range({rows})")


ODD = """
    SELECT * FROM (VALUES
        (DATE 'infinity', 'nan'::DOUBLE, TIME '24:00:00', TIMESTAMP '10000-01-01'),
        (DATE '2024-01-01', '-inf'::DOUBLE, TIME '10:00:00', TIMESTAMP '2024-01-01')
    ) t(day, x, clock, moment)
"""
ODD_NOTES = [
    "1 value of 'day' counts as missing: infinite, or outside the years 1 to 9999.",
    "1 value of 'clock' counts as missing: no time of a day.",
    "1 value of 'moment' counts as missing: infinite, or outside the years 1 to 9999.",
]


def test_what_json_and_python_cannot_hold_is_null_and_counted() -> None:
    notes: list[str] = []
    assert items(ODD, notes) == [
        {"day": None, "x": None, "clock": None, "moment": None},
        {"day": "2024-01-01", "x": None, "clock": "10:00:00", "moment": "2024-01-01T00:00:00"},
    ]
    assert notes == ODD_NOTES


def test_the_result_has_the_notes() -> None:
    table = duckdb.sql(ODD).to_arrow_table()
    run = run_handler(BulkOperation, {"operation": ECHO, "data_source": SOURCE}, data={"people": table})
    assert run.status == "completed" and run.result["succeeded"] == 2
    assert run.result["notes"] == ODD_NOTES


def test_the_notes_say_what_was_cut_from_the_rows() -> None:
    notes: list[str] = []
    assert items("SELECT TIMESTAMP_NS '2024-01-31 10:00:00.000001999' AS at", notes) == [
        {"at": "2024-01-31T10:00:00.000001"}
    ]
    assert notes == ["Column 'at' has nanoseconds in 1 value; they are cut to microseconds"]


@pytest.mark.parametrize("character", ["é", "𝄞", '"', "\x01"], ids=ascii)
def test_failures_with_long_texts_leave_the_result_small_enough_to_be_sent(character: str, settings: Settings) -> None:
    items = [{character * 500: number} for number in range(120)]
    done = run_handler(BulkOperation, {"operation": {"type": "action", "action": "delay"}, "items": items})
    result = done.returned
    assert len(encode_json(result)) <= settings.STREAMER_INLINE_RESULT_BYTES
    assert (result["failed"], result["errors"]) == (120, {"VALIDATION_ERROR": 120})
    indexes = [failure["index"] for failure in result["failures"]]
    assert indexes == list(range(len(indexes))) and 20 <= len(indexes) <= 100


def test_short_failures_are_all_in_the_result() -> None:
    items = [{"seconds": -1}] * 120
    result = run_handler(BulkOperation, {"operation": {"type": "action", "action": "delay"}, "items": items}).returned
    assert len(result["failures"]) == 100


def test_notes_that_are_too_many_are_counted(settings: Settings) -> None:
    moments = duckdb.sql("SELECT TIMESTAMP_NS '2024-01-31 10:00:00.000001999' AS at").to_arrow_table()
    wide = pa.table({f"{number:0200}": moments["at"] for number in range(400)})
    result = run_handler(BulkOperation, {"operation": ECHO, "data_source": SOURCE}, data={"people": wide}).returned
    assert len(encode_json(result)) <= settings.STREAMER_INLINE_RESULT_BYTES and result["succeeded"] == 1
    *notes, last = result["notes"]
    assert len(notes) > 10 and last == f"The result has no room for {400 - len(notes):,} more notes."
