"""What ``bulk_operation`` takes and refuses, whose permissions it asks for, and how rows become items."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pytest

from jobs.contract.registry import all_handlers
from jobs.handler import InvalidPayload, Permanent
from jobs.handlers.bulk_operation.rows import items_of
from tests.jobs.handlers.recording_context import new_context

ECHO = {"type": "action", "action": "echo"}
SOURCE = {"type": "dataset", "dataset_id": "people"}


def parse(**payload: Any) -> Any:
    return all_handlers()["bulk_operation"].parse({"operation": ECHO, **payload})


class Rows:
    """The table of a ``Context.open_data``, over a real DuckDB."""

    label = "people"

    def __init__(self, sql: str) -> None:
        self._database = duckdb.connect()
        self._database.execute(f"CREATE TABLE data AS {sql}")
        ((self.rows,),) = self._database.sql("SELECT count(*) FROM data").fetchall()

    def stream(self, sql: str, rows: int) -> Any:
        return self._database.sql(sql).to_arrow_reader(rows)


def items(folder: Path, sql: str) -> list[Any]:
    @contextmanager
    def open_data(source: Any) -> Iterator[Rows]:
        yield Rows(sql)

    context: Any = new_context(folder)
    context.open_data = open_data
    return list(items_of(parse(data_source=SOURCE), context))


def test_it_works() -> None:
    payload = parse(items=[{"message": 1}])
    assert (payload.batch_size, payload.on_error, payload.reject_format) == (100, "continue", "csv")
    assert all_handlers()["bulk_operation"].permissions_for(payload) == ()


@pytest.mark.parametrize(
    ("operation", "permission"),
    [
        ({"type": "action", "action": "generate_report"}, "reports.generate"),
        ({"type": "delete", "entity": "customers"}, "entities.customers.delete"),
    ],
)
def test_it_asks_for_the_permission_of_what_is_done(operation: dict[str, str], permission: str) -> None:
    payload = parse(operation=operation, items=[{}])
    assert all_handlers()["bulk_operation"].permissions_for(payload) == (permission,)


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


def test_rows_become_items(tmp_path: Path) -> None:
    sql = "SELECT 'Ann' AS name, DATE '2024-02-29' AS day, 9.50::DECIMAL(6,2) AS total, [1, 2] AS parts, NULL AS gone"
    assert items(tmp_path, sql) == [{"name": "Ann", "day": "2024-02-29", "total": 9.5, "parts": [1, 2], "gone": None}]


def test_a_number_that_would_lose_digits_is_a_text(tmp_path: Path) -> None:
    assert items(tmp_path, "SELECT 12345678901234567890.12::DECIMAL(22,2) AS x") == [{"x": "12345678901234567890.12"}]


@pytest.mark.parametrize("rows", [0, 100_001])
def test_too_few_or_too_many_rows(tmp_path: Path, rows: int) -> None:
    with pytest.raises(Permanent, match=f"{rows:,} rows"):
        items(tmp_path, f"SELECT * FROM range({rows})")
