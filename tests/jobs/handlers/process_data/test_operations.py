"""Each operation of a transformation, on real rows in a real DuckDB."""

from typing import Any

import pytest

from jobs.handler import InvalidPayload
from tests.jobs.handlers.process_data.running import (
    Rows,
    output_rows,
    run,
    transformation,
)

ROWS: Rows = [
    {"id": 1, "name": "Ann", "town": "Bonn", "amount": 10.5, "day": "2024-01-01", "new": True},
    {"id": 2, "name": " bob ", "town": "Ulm", "amount": -3.25, "day": "2024-02-29", "new": False},
    {"id": 3, "name": None, "town": "Bonn", "amount": None, "day": None, "new": None},
    {"id": 4, "name": "Ann", "town": "ulm", "amount": 0.0, "day": "2024-12-31", "new": True},
]


def ids(*operations: dict[str, Any]) -> list[int]:
    return [row["id"] for row in output_rows(run(transformation(ROWS, *operations)))]


def values(column: str, *operations: dict[str, Any], rows: Rows = ROWS) -> list[Any]:
    return [row[column] for row in output_rows(run(transformation(rows, *operations)))]


def change(function: str, column: str, **more: Any) -> dict[str, Any]:
    return {"type": "transform", "function": function, "column": column, "into": "out", **more}


TO_DATE = {"type": "transform", "function": "cast", "column": "day", "to": "date"}


@pytest.mark.parametrize(
    ("condition", "kept"),
    [
        ({"column": "town", "operator": "eq", "value": "Bonn"}, [1, 3]),
        ({"column": "name", "operator": "ne", "value": "Ann"}, [2]),
        ({"column": "amount", "operator": "gt", "value": 0}, [1]),
        ({"column": "amount", "operator": "ge", "value": 0}, [1, 4]),
        ({"column": "amount", "operator": "lt", "value": 0.5}, [2, 4]),
        ({"column": "id", "operator": "le", "value": 2.5}, [1, 2]),
        ({"column": "id", "operator": "in", "value": [4, 1, 99]}, [1, 4]),
        ({"column": "town", "operator": "not_in", "value": ["Bonn", "x"]}, [2, 4]),
        ({"column": "name", "operator": "contains", "value": "n"}, [1, 4]),
        ({"column": "town", "operator": "starts_with", "value": "U"}, [2]),
        ({"column": "id", "operator": "contains", "value": "3"}, [3]),
        ({"column": "name", "operator": "is_null"}, [3]),
        ({"column": "amount", "operator": "not_null"}, [1, 2, 4]),
        ({"column": "amount", "operator": "between", "value": [-3.25, 0]}, [2, 4]),
        ({"column": "new", "operator": "eq", "value": False}, [2]),
        ({"column": "town", "operator": "eq", "value": "' OR true --"}, []),
        (
            {
                "or": [
                    {"column": "id", "operator": "eq", "value": 3},
                    {
                        "and": [
                            {"column": "name", "operator": "eq", "value": "Ann"},
                            {"column": "amount", "operator": "eq", "value": 0},
                        ]
                    },
                ]
            },
            [3, 4],
        ),
    ],
)
def test_filter_keeps_the_rows_that_meet_the_condition(condition: dict[str, Any], kept: list[int]) -> None:
    assert ids({"type": "filter", **condition}) == kept


@pytest.mark.parametrize(
    ("operator", "value", "kept"),
    [
        ("ge", "2024-02-29", [2, 4]),
        ("eq", "2024-12-31T00:00:00", [4]),
        ("lt", "2024-01-01T01:30:00+01:00", [1]),
        ("between", ["2024-01-01", "2024-03-01"], [1, 2]),
    ],
)
def test_dates_are_compared_as_dates_and_in_utc(operator: str, value: Any, kept: list[int]) -> None:
    assert ids(TO_DATE, {"type": "filter", "column": "day", "operator": operator, "value": value}) == kept


@pytest.mark.parametrize(
    ("operation", "outcome"),
    [
        (change("upper", "town"), ["BONN", "ULM", "BONN", "ULM"]),
        (change("lower", "town"), ["bonn", "ulm", "bonn", "ulm"]),
        (change("trim", "name"), ["Ann", "bob", None, "Ann"]),
        (change("replace", "town", find="n", replacement="$1"), ["Bo$1$1", "Ulm", "Bo$1$1", "ulm"]),
        (change("concat", "name", columns=["id"], separator="/"), ["Ann/1", " bob /2", "3", "Ann/4"]),
        (change("round", "amount"), [11.0, -3.0, None, 0.0]),
        (change("round", "amount", digits=1), [10.5, -3.3, None, 0.0]),
        (change("abs", "amount"), [10.5, 3.25, None, 0.0]),
        (change("log", "id"), [0.0, 0.6931471805599453, 1.0986122886681098, 1.3862943611198906]),
        (change("log", "amount"), [2.3513752571634776, None, None, None]),
        (change("sqrt", "amount"), [3.24037034920393, None, None, 0.0]),
        (change("add", "amount", value=1), [11.5, -2.25, None, 1.0]),
        (change("subtract", "id", other="amount"), [-9.5, 5.25, None, 4.0]),
        (change("multiply", "id", value=10), [10, 20, 30, 40]),
        (change("divide", "id", other="amount"), [1 / 10.5, 2 / -3.25, None, None]),
        (change("divide", "id", value=0), [None, None, None, None]),
        (change("divide", "id", value=2), [0.5, 1.0, 1.5, 2.0]),
        (change("fill_null", "amount", value=7), [10.5, -3.25, 7.0, 0.0]),
        (change("fill_null", "name", value="?"), ["Ann", " bob ", "?", "Ann"]),
        (change("year", "day"), [2024, 2024, None, 2024]),
        (change("month", "day"), [1, 2, None, 12]),
        (change("day", "day"), [1, 29, None, 31]),
        (change("weekday", "day"), [1, 4, None, 2]),
        (change("cast", "id", to="text"), ["1", "2", "3", "4"]),
        (change("cast", "amount", to="integer", on_error="null"), [None, None, None, 0]),
        (change("cast", "day", to="date"), ["2024-01-01", "2024-02-29", None, "2024-12-31"]),
        (
            change("cast", "day", to="timestamp"),
            ["2024-01-01T00:00:00", "2024-02-29T00:00:00", None, "2024-12-31T00:00:00"],
        ),
        (change("cast", "new", to="number"), [1.0, 0.0, None, 1.0]),
        (change("cast", "name", to="integer", on_error="null"), [None, None, None, None]),
    ],
    ids=lambda value: f"{value['function']}-{value['column']}" if isinstance(value, dict) else "",
)
def test_transform_makes_a_column(operation: dict[str, Any], outcome: list[Any]) -> None:
    result = values("out", operation)
    assert result == pytest.approx(outcome) if all(isinstance(one, float) for one in outcome) else result == outcome


def test_without_into_the_column_itself_is_changed_in_its_place() -> None:
    done = run(transformation(ROWS, {"type": "transform", "function": "upper", "column": "name"}))
    rows = output_rows(done)
    assert list(rows[0]) == list(ROWS[0]) and [row["name"] for row in rows] == ["ANN", " BOB ", None, "ANN"]


def test_small_integers_have_room_for_what_they_become() -> None:
    year = {"type": "transform", "function": "cast", "column": "id", "to": "integer"}
    assert values("out", year, change("multiply", "id", value=3_000_000_000)) == [
        3_000_000_000 * number for number in (1, 2, 3, 4)
    ]


def test_aggregate_by_group_with_all_functions() -> None:
    functions = ["sum", "avg", "min", "max", "count", "count_distinct", "median", "stddev"]
    figures = [{"function": function, "column": "x", "as": function} for function in functions]
    rows: Rows = [{"k": key, "x": x} for key, x in [("b", 1.0), ("a", 2.0), ("b", 4.0), (None, 8.0), ("b", None)]]
    done = run(transformation(rows, {"type": "aggregate", "group_by": ["k"], "aggregations": figures}))
    nothing = {"count": 1, "count_distinct": 1, "stddev": None}
    assert output_rows(done) == [
        {"k": "a", **dict.fromkeys(functions, 2.0), **nothing},
        {
            "k": "b",
            "sum": 5.0,
            "avg": 2.5,
            "min": 1.0,
            "max": 4.0,
            "count": 2,
            "count_distinct": 2,
            "median": 2.5,
            "stddev": pytest.approx(2.1213203435596424),
        },
        {"k": None, **dict.fromkeys(functions, 8.0), **nothing},
    ]


def test_aggregate_of_everything_names_its_figures() -> None:
    figures = [{"function": "count"}, {"function": "sum", "column": "id"}, {"function": "max", "column": "day"}]
    done = run(transformation(ROWS, {"type": "aggregate", "aggregations": figures}))
    assert output_rows(done) == [{"count": 4, "sum_id": 10, "max_day": "2024-12-31"}]
    assert [column["type"] for column in done.result["summary"]["columns"]] == ["int64", "int64", "date32[day]"]


def test_sort_is_stable_and_has_missing_values_last() -> None:
    by = [{"column": "name"}, {"column": "amount", "descending": True}]
    assert ids({"type": "sort", "by": by}) == [2, 1, 4, 3]


def test_sorting_downwards_has_missing_values_last_too() -> None:
    assert ids({"type": "sort", "by": [{"column": "new", "descending": True}]}) == [1, 4, 2, 3]


@pytest.mark.parametrize(("keep", "kept"), [("first", [1, 2, 3]), ("last", [2, 3, 4])])
def test_deduplicate_keeps_one_of_each_in_order(keep: str, kept: list[int]) -> None:
    assert ids({"type": "deduplicate", "columns": ["name"], "keep": keep}) == kept


def test_without_columns_rows_are_equal_in_all() -> None:
    rows: Rows = [{"a": 1, "b": None}, {"a": 1, "b": "x"}, {"a": 1, "b": None}]
    done = run(transformation(rows, {"type": "deduplicate"}))
    assert output_rows(done) == rows[:2]


def test_select_rename_drop_and_limit() -> None:
    done = run(
        transformation(
            ROWS,
            {"type": "select", "columns": ["town", "id", "name"]},
            {"type": "rename", "columns": {"town": "id", "id": "Number"}},
            {"type": "drop", "columns": ["name"]},
            {"type": "limit", "rows": 2},
        ),
    )
    assert [list(row.items()) for row in output_rows(done)] == [
        [("id", "Bonn"), ("Number", 1)],
        [("id", "Ulm"), ("Number", 2)],
    ]


@pytest.mark.parametrize(
    ("operation", "path", "words"),
    [
        ({"type": "filter", "column": "nmae", "operator": "is_null"}, "column", "there are: id, name, town, amount"),
        ({"type": "filter", "or": [{"column": "x", "operator": "is_null"}]}, "or[0].column", "no column 'x'"),
        (
            {"type": "filter", "column": "id", "operator": "eq", "value": "1"},
            "value",
            "holds numbers (BIGINT), not '1'",
        ),
        ({"type": "filter", "column": "new", "operator": "eq", "value": 1}, "value", "holds true or false"),
        (change("concat", "name", columns=["id", "x"]), "columns[1]", "no column 'x'"),
        (change("add", "id", other="x"), "other", "no column 'x'"),
        (change("add", "name", value=1), "column", "'add' needs numbers; 'name' holds VARCHAR"),
        (change("year", "id"), "column", "needs dates"),
        (change("upper", "name") | {"into": "NAME"}, "into", "only in upper and lower case"),
        (change("upper", "name") | {"into": "rowid"}, "", "DuckDB keeps the name 'rowid'"),
        ({"type": "sort", "by": [{"column": "id"}, {"column": "x"}]}, "by[1].column", "no column 'x'"),
        ({"type": "deduplicate", "columns": ["x"]}, "columns[0]", "no column 'x'"),
        ({"type": "select", "columns": ['id" --']}, "columns[0]", "no column 'id\" --'"),
        ({"type": "drop", "columns": list(ROWS[0])}, "columns", "no column would be left"),
        ({"type": "rename", "columns": {"id": "Name"}}, "columns", "the same name"),
        ({"type": "aggregate", "group_by": ["x"], "aggregations": [{"function": "count"}]}, "group_by[0]", "no column"),
        (
            {"type": "aggregate", "aggregations": [{"function": "sum", "column": "town"}]},
            "aggregations[0].column",
            "'sum' needs numbers",
        ),
        (
            {"type": "aggregate", "group_by": ["id"], "aggregations": [{"function": "count", "as": "ID"}]},
            "aggregations[0].as",
            "a column in group_by",
        ),
    ],
)
def test_what_does_not_fit_the_table_is_told_before_any_work(operation: dict[str, Any], path: str, words: str) -> None:
    first = {"type": "limit", "rows": 3}
    done = run(transformation(ROWS, first, operation), raise_errors=False)
    assert isinstance(done.exception, InvalidPayload)
    [fault] = done.exception.faults
    assert fault["path"] == f"options.operations[1].{path}".removesuffix(".")
    assert words in fault["message"] and f"operation 1 ({operation['type']})" in fault["message"]
    assert done.stages == ("ingestion",) and not done.discarded


def test_a_value_that_cannot_be_cast_is_counted_and_shown() -> None:
    with pytest.raises(InvalidPayload) as caught:
        run(transformation(ROWS, change("cast", "name", to="number")))
    assert "3 values of 'name' cannot be read as type number, such as ' bob '" in caught.value.message


def test_a_column_of_rows_that_is_called_rowid_gets_another_name() -> None:
    done = run(transformation([{"RowID": 1}], {"type": "limit", "rows": 1}))
    assert output_rows(done) == [{"RowID_2": 1}] and "RowID" in done.result["notes"][0]


def test_many_groups_are_aggregated_in_parts_to_the_same_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    rows: Rows = [{"k": n * 7 % 40 or None, "t": f"t{n % 3}", "x": n / 10, "y": n % 5} for n in range(400)]
    functions = ["sum", "avg", "min", "max", "count", "count_distinct", "median", "stddev"]
    figures = [{"function": function, "column": column} for function in functions for column in ("x", "y")]
    payload = transformation(rows, {"type": "aggregate", "group_by": ["k", "t"], "aggregations": figures})
    done = run(payload)
    whole, steps = output_rows(done), len(done.progress)
    monkeypatch.setattr("jobs.handlers.process_data.transformation.operations.aggregate._GROUPS_IN_PART", 20)
    done = run(payload)
    assert output_rows(done) == whole and len(whole) == 120 and len(done.progress) > 2 * steps
