"""Values at the edge of what operations take: overflows, texts that look like others, and casts that would lose."""

import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings, strategies

from jobs.handler import InvalidPayload, Permanent
from tests.jobs.handlers.process_data.running import Rows, output_rows, run, transformation

INT64 = strategies.integers(-(2**63), 2**63 - 1)
quickly = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25)


def change(function: str, column: str = "n", **more: Any) -> dict[str, Any]:
    return {"type": "transform", "function": function, "column": column, "into": "out", **more}


def outcome(rows: Rows, operation: dict[str, Any]) -> list[Any]:
    return [row["out"] for row in changed(rows, operation)]


def changed(table: Rows | pa.Table, *operations: dict[str, Any]) -> Rows:
    """The rows of the output. The table is stored, so its columns have the types that Arrow gives them."""
    payload = {**transformation([], *operations), "data_source": {"type": "dataset", "dataset_id": "table"}}
    return output_rows(run(payload, data={"table": table}))


@given(left=INT64, right=INT64, function=strategies.sampled_from(["add", "subtract", "multiply"]))
@example(left=2**62, right=4, function="multiply")
@example(left=-(2**63), right=1, function="subtract")
@quickly
def test_it_works(left: int, right: int, function: str) -> None:
    exact = {"add": left + right, "subtract": left - right, "multiply": left * right}[function]
    rows: Rows = [{"n": left, "m": right}, {"n": None, "m": 5}]
    operands: list[dict[str, Any]] = [{"value": right}, {"other": "m"}]
    if -(2**63) <= exact < 2**63:
        both = [change(function, **operand, into=name) for operand, name in zip(operands, ("a", "b"), strict=True)]
        assert [(row["a"], row["b"]) for row in changed(rows, *both)] == [(exact, exact), (None, None)]
        return
    for operand in operands:
        with pytest.raises(Permanent) as caught:
            outcome(rows, change(function, **operand))
        names = "'n' and 'm'" if "other" in operand else "'n'"
        start = f"options.operations[0] (transform): '{function}' of {names} is too large for whole numbers of 64 bits"
        assert caught.value.message.startswith(start)
        assert str(left) in caught.value.message and "1 row" in caught.value.message


def test_an_overflow_names_its_operation() -> None:
    rows: Rows = [{"n": 2**62}]
    with pytest.raises(Permanent, match=r"options.operations\[1\] \(transform\): 'multiply' of 'n'"):
        changed(rows, {"type": "limit", "rows": 1}, change("multiply", "n", value=4))


def test_other_functions_overflow_too() -> None:
    with pytest.raises(Permanent, match=r"\(transform\): 'abs' of 'n' is too large"):
        outcome([{"n": -(2**63)}], change("abs"))
    sums = {"type": "aggregate", "group_by": ["k"], "aggregations": [{"function": "sum", "column": "n"}]}
    big: Rows = [{"k": 1, "n": 2**63 - 1}, {"k": 2, "n": 1}, {"k": 1, "n": 1}]
    with pytest.raises(Permanent, match=r"operations\[0\] \(aggregate\): 'sum' of 'n' .* 9223372036854775808"):
        changed(big, sums)
    assert changed([{"k": 1, "n": 2**63 - 1}, {"k": 1, "n": -1}, {"k": 2, "n": None}], sums) == [
        {"k": 1, "sum_n": 2**63 - 2},
        {"k": 2, "sum_n": None},
    ]


def test_decimals_overflow_too() -> None:
    table = pa.table({"n": pa.array([Decimal(10) ** 37, Decimal(9) * 10**37], pa.decimal128(38, 0))})
    for operation, words in [
        (change("multiply", value=20), "'multiply' of 'n' is too large"),
        ({"type": "aggregate", "aggregations": [{"function": "sum", "column": "n"}]}, "'sum' of 'n' is too large"),
    ]:
        with pytest.raises(Permanent, match=words):
            changed(table, operation)


def test_whole_numbers_beyond_64_bits_compare_as_they_are() -> None:
    keep = {"type": "filter", "column": "n", "operator": "eq", "value": 2**63}
    assert changed([{"n": 2**63 - 1}], keep) == []


@given(
    moment=strategies.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2100, 1, 1)),
    minutes=strategies.integers(-840, 840),
)
@example(moment=datetime(2024, 1, 1, 2, 30), minutes=330)
@quickly
def test_the_offset_of_a_text_counts(moment: datetime, minutes: int) -> None:
    moment = moment.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)))
    utc = moment.astimezone(UTC).replace(tzinfo=None)
    # The second text is no date for the reader, so that the column stays text.
    rows: Rows = [{"n": f" {moment.isoformat(' ')}"}, {"n": " "}]
    parts = {"year": utc.year, "month": utc.month, "day": utc.day, "weekday": utc.isoweekday()}
    [found] = changed(rows[:1], *(change(part, into=part) for part in parts))
    assert {part: found[part] for part in parts} == parts
    kinds = {"timestamp": utc.isoformat(), "date": utc.date().isoformat()}
    casts = (change("cast", to=kind, on_error="null", into=kind) for kind in kinds)
    first, second = changed(rows, *casts)
    assert {kind: first[kind] for kind in kinds} == kinds
    assert [second[kind] for kind in kinds] == [None, None]


WRONG: dict[str, list[Any]] = {
    "integer": [2.5, -0.1, 1e19, "1.5", "35_20", "0x10", "0b1", "nan", "١٢", "1e-1", "", "9223372036854775808", "7 8"],
    "number": ["35_20", "nan", "inf", "-Infinity", "1e400", "１２", "1,5", "9007199254740993", "--1", "1e", 2**53 + 1],
    "boolean": [2, -1, 0.3, "2", "ja", "1.0", "truely"],
    "date": ["infinity", "-infinity", "epoch", "2024-02-30", "10000-01-01", "0044-03-15 (BC)", "12", "today", 5, True],
    "timestamp": ["infinity", "epoch", "2024-01-01 10:00:00.1234567", "9999-12-31T23:59:59-10:00", "10:00", 5],
}
RIGHT: dict[str, list[tuple[Any, Any]]] = {
    "integer": [(2.0, 2), ("2.0", 2), (" 7\t", 7), ("+5", 5), ("007", 7), ("1e3", 1000), (True, 1), (-0.0, 0)],
    "number": [("1.5", 1.5), (".5", 0.5), ("5.", 5.0), ("\u00a01e3 ", 1000.0), (2**53, 2.0**53), ("0.1", 0.1)],
    "boolean": [(1, True), (0.0, False), (" Yes", True), ("OFF", False), ("t", True)],
    "date": [("2024-02-29", "2024-02-29"), ("2024-01-01T00:30:00+01:00", "2023-12-31"), ("9999-12-31", "9999-12-31")],
    "timestamp": [("2024-01-01", "2024-01-01T00:00:00"), ("2024-01-01 10:00:00.1234560", "2024-01-01T10:00:00.123456")],
}


@pytest.mark.parametrize(("to", "value"), [(to, value) for to, values in WRONG.items() for value in values], ids=repr)
def test_a_value_that_a_cast_would_change_does_not_fit(to: str, value: Any) -> None:
    with pytest.raises(InvalidPayload, match=f"1 value of 'n' cannot be read as type {to}"):
        outcome([{"n": value}, {"n": None}], change("cast", to=to))
    assert outcome([{"n": value}], change("cast", to=to, on_error="null")) == [None]


@pytest.mark.parametrize(
    ("to", "value", "wanted"), [(to, *pair) for to, pairs in RIGHT.items() for pair in pairs], ids=repr
)
def test_a_value_that_stays_the_same_is_cast(to: str, value: Any, wanted: Any) -> None:
    assert outcome([{"n": value}], change("cast", to=to)) == [wanted]


def test_decimals_are_cast_to_whole_numbers_only_if_they_are_whole() -> None:
    table = pa.table({"n": pa.array([Decimal("2.50"), Decimal("9.99"), Decimal("3.00"), None], pa.decimal128(3, 2))})
    rows = changed(table, change("cast", to="integer", on_error="null"))
    assert [row["out"] for row in rows] == [None, None, 3, None]


@given(text=strategies.text(alphabet="0123456789.+-eE_ xnaif", max_size=7))
@quickly
def test_a_text_is_a_number_only_if_it_is_written_as_one(text: str) -> None:
    [found] = outcome([{"n": f"{text}"}], change("cast", to="number", on_error="null"))
    plain = text.strip()
    is_number = re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", plain) is not None
    assert found == (float(plain) if is_number and abs(float(plain)) < float("inf") else None)


def test_trim_removes_every_kind_of_space() -> None:
    rows: Rows = [{"n": "\t\u00a0 a b\u2003\n"}, {"n": "\u3000"}, {"n": "x"}]
    assert outcome(rows, change("trim")) == ["a b", "", "x"]
