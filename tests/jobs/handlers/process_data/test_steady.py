"""The steady progress of a single operation over many rows."""

from collections.abc import Iterator
from typing import Any

import duckdb
import pytest
from pydantic import TypeAdapter

from jobs.data.statements import open_database
from jobs.data.tables.loaded import LoadedTable
from jobs.handlers.process_data.stages import Progress
from jobs.handlers.process_data.transformation.operations import Operation
from jobs.handlers.process_data.transformation.run import transform
from jobs.testing import MemoryContext

ROWS = 1_500_000
MAX_POINTS = 15.0
_FIRST, _LAST = 40.0, 85.0
"""Percentages between which operations run."""
_parse = TypeAdapter[Any](Operation).validate_python


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoadedTable]:
    connection: duckdb.DuckDBPyConnection = open_database(tmp_path_factory.mktemp("large"), [])
    connection.execute(
        "CREATE TABLE data AS SELECT i AS id, hash(i) % 1000000 AS amount, 'town ' || hash(i * 3) % 500 AS town "
        f"FROM range({ROWS}) AS t(i)"
    )
    yield LoadedTable(connection, "many rows", lambda: None)
    connection.close()


@pytest.fixture
def context() -> MemoryContext:
    return MemoryContext()


@pytest.mark.parametrize(
    "operation",
    [
        {"type": "deduplicate", "columns": ["amount", "town"]},
        {"type": "aggregate", "group_by": ["amount", "town"], "aggregations": [{"function": "avg", "column": "id"}]},
        {"type": "aggregate", "aggregations": [{"function": "count"}]},
        {"type": "filter", "column": "amount", "operator": "lt", "value": 10},
        {"type": "limit", "rows": 1},
    ],
    ids=lambda operation: str(operation["type"]),
)
def test_it_moves_in_small_steps(large: LoadedTable, context: MemoryContext, operation: dict[str, Any]) -> None:
    working = transform(large, [_parse(operation)], Progress(context), path="options.operations").working
    working.drop([working.name])
    require_small_steps(context)
    assert len(context.progress) > 10 or operation["type"] == "aggregate"


def test_a_sort_of_many_rows_moves_in_small_steps_and_is_stable(large: LoadedTable, context: MemoryContext) -> None:
    sort = _parse({"type": "sort", "by": [{"column": "town", "descending": True}]})
    working = transform(large, [sort], Progress(context), path="options.operations").working
    require_small_steps(context)
    [(wrong,)] = large.fetch(
        "SELECT count(*) FROM (SELECT town, id, lag(town) OVER rows AS before, lag(id) OVER rows AS last "
        f"FROM {working.name} WINDOW rows AS (ORDER BY rowid)) WHERE before < town OR (before = town AND last > id)"
    )
    assert (wrong, working.rows) == (0, ROWS)
    working.drop([working.name])


def require_small_steps(context: MemoryContext) -> None:
    reached = [_FIRST, *(report.given_percentage for report in context.progress)]
    steps = [after - before for before, after in zip(reached, reached[1:], strict=False)]
    assert reached[-1] == _LAST and min(steps) >= 0 and max(steps) <= MAX_POINTS
