"""That progress moves in small steps, where one operation over many rows is all there is to do."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from pydantic import TypeAdapter

from jobs.data.statements import open_database
from jobs.handlers.process_data.stages import Progress
from jobs.handlers.process_data.transformation.operations import Operation
from jobs.handlers.process_data.transformation.run import transform
from tests.jobs.handlers.open_table import DuckTable
from tests.jobs.handlers.process_data.data_context import DataContext, data_context

ROWS = 1_500_000
MAX_POINTS = 15.0
_FIRST, _LAST = 40.0, 85.0
"""Percentages between which operations run."""
_parse = TypeAdapter[Any](Operation).validate_python


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckTable]:
    connection: duckdb.DuckDBPyConnection = open_database(tmp_path_factory.mktemp("large"), [])
    connection.execute(
        "CREATE TABLE data AS SELECT i AS id, hash(i) % 1000000 AS amount, 'town ' || hash(i * 3) % 500 AS town "
        f"FROM range({ROWS}) AS t(i)"
    )
    yield DuckTable(connection, lambda: None)
    connection.close()


@pytest.fixture
def data(tmp_path: Path) -> DataContext:
    return data_context(tmp_path / "run")


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
def test_it_moves_in_small_steps(large: DuckTable, data: DataContext, operation: dict[str, Any]) -> None:
    working = transform(large, [_parse(operation)], Progress(data), path="options.operations").working
    working.drop([working.name])
    require_small_steps(data)
    assert len(data.reports) > 10 or operation["type"] == "aggregate"


def test_a_sort_of_many_rows_moves_in_small_steps_and_is_stable(large: DuckTable, data: DataContext) -> None:
    sort = _parse({"type": "sort", "by": [{"column": "town", "descending": True}]})
    working = transform(large, [sort], Progress(data), path="options.operations").working
    require_small_steps(data)
    [(wrong,)] = large.fetch(
        "SELECT count(*) FROM (SELECT town, id, lag(town) OVER rows AS before, lag(id) OVER rows AS last "
        f"FROM {working.name} WINDOW rows AS (ORDER BY rowid)) WHERE before < town OR (before = town AND last > id)"
    )
    assert (wrong, working.rows) == (0, ROWS)
    working.drop([working.name])


def require_small_steps(data: DataContext) -> None:
    reached = [_FIRST, *(report.percentage for report in data.reports)]
    steps = [after - before for before, after in zip(reached, reached[1:], strict=False)]
    assert reached[-1] == _LAST and min(steps) >= 0 and max(steps) <= MAX_POINTS
