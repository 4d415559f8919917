"""The permission to read stored rows is asked for wherever a payload names them, whoever wrote the handler."""

from typing import Annotated, Any

import pytest
from pydantic import Field

from jobs.contract.base import Handler, Payload
from jobs.contract.permissions import READ_ROWS, may_name_rows, permissions_of, permissions_of_items
from jobs.contract.registry import find_handler
from jobs.handler import DatasetColumns, DataSource

DATASET = {"type": "dataset", "dataset_id": "orders"}
FILE = {"type": "file", "path": "a.csv"}
QUERY = {"type": "query", "sql": "SELECT 1"}
STREAM = {"type": "stream", "stream_id": "clicks"}
INLINE = {"type": "inline", "rows": [{"a": DATASET}]}
COLUMNS = {"dataset_id": "orders", "date": "day", "value": "amount", "category": "kind"}
DAYS = {"start_date": "2024-01-01", "end_date": "2024-12-31"}


class Part(Payload):
    rows: DataSource | None = None
    parts: list["Part"] = []


class Nested(Payload):
    by_name: dict[str, Annotated[Part, Field()]] = {}
    either: list[DatasetColumns | str] = []
    anything: Any = None


class Plain(Payload):
    anything: dict[str, Any] = {}


class NestedHandler(Handler[Nested]):
    """Name rows in odd places."""


def needed(action: str, payload: dict[str, Any]) -> list[str]:
    handler = find_handler(action)
    assert handler is not None
    return list(permissions_of(handler, handler.parse(payload)))


@pytest.mark.parametrize("source", [DATASET, FILE, QUERY, STREAM])
def test_rows_that_the_tenant_has_stored_need_it_in_every_action(source: dict[str, Any]) -> None:
    assert needed("process_data", {"pipeline": "clustering", "data_source": source}) == [READ_ROWS]
    assert needed("predict", {"model": "5f0c8a52-2f6c-4d55-9d8c-1f0f2a4f5b6c", "data_source": source}) == [READ_ROWS]
    bulk = {"operation": {"type": "action", "action": "echo"}, "data_source": source}
    assert needed("bulk_operation", bulk) == [READ_ROWS]


def test_rows_in_the_payload_need_nothing() -> None:
    assert needed("process_data", {"pipeline": "clustering", "data_source": INLINE}) == []
    assert needed("bulk_operation", {"operation": {"type": "action", "action": "echo"}, "items": [DATASET]}) == []


def test_a_report_needs_it_for_a_dataset_alone() -> None:
    assert needed("generate_report", DAYS) == []
    assert needed("generate_report", {**DAYS, "dataset": COLUMNS}) == [READ_ROWS]
    assert needed("generate_report", {**DAYS, "sources": ["sample", COLUMNS]}) == [READ_ROWS]


def test_it_stands_beside_what_the_handler_asks_for() -> None:
    output = {"destination": {"dataset": "kept"}}
    payload = {"pipeline": "clustering", "data_source": DATASET, "output": output}
    assert needed("process_data", payload) == [READ_ROWS, "datasets.write"]


@pytest.mark.parametrize(
    ("payload", "asked"),
    [
        ({"by_name": {"a": {"parts": [{"parts": [{"rows": FILE}]}]}}}, True),
        ({"by_name": {"a": {"parts": [{"rows": INLINE}]}}, "anything": DATASET}, False),
        ({"either": ["orders", COLUMNS]}, True),
        ({"either": ["orders"]}, False),
    ],
)
def test_rows_are_found_wherever_the_payload_has_them(payload: dict[str, Any], asked: bool) -> None:
    handler = NestedHandler()
    assert list(permissions_of(handler, handler.parse(payload))) == ([READ_ROWS] if asked else [])


def test_items_that_nobody_has_looked_at_need_all_that_they_may_need() -> None:
    assert may_name_rows(Nested) and not may_name_rows(Plain)
    predict, echo = find_handler("predict"), find_handler("echo")
    assert predict is not None and echo is not None
    assert list(permissions_of_items(predict)) == ["data.process", READ_ROWS]
    assert list(permissions_of_items(echo)) == []
