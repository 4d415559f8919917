"""Rows in the payload: which types their columns get, and what cannot be rows."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from jobs.handler import Cancelled, InvalidPayload
from tests.jobs.data.datasets.reading import read, types_of
from tests.jobs.data.tables.conftest import Opened, all_rows


def test_it_works(opened: Opened) -> None:
    heard: list[tuple[int, int | None]] = []
    rows = [{"name": "Tea", "price": 1}, {"name": "Coffee", "price": 2.5, "when": "2024-02-29"}]
    with opened({"type": "inline", "rows": rows}, on_rows=lambda *told: heard.append(told)) as table:
        assert dict(table.columns) == {"name": "VARCHAR", "price": "DOUBLE", "when": "DATE"}
        assert all_rows(table) == [("Tea", 1.0, None), ("Coffee", 2.5, date(2024, 2, 29))]
        assert (table.rows, heard) == (2, [(2, 2)])
        table.execute("CREATE TABLE dear AS FROM data WHERE price > ?", [2])
        assert table.fetch("SELECT name FROM dear WHERE price > $least", {"least": 1}) == [("Coffee",)]
        assert [batch.num_rows for batch in table.stream("FROM data WHERE price > ?", 1_000, [1])] == [1]


@pytest.mark.parametrize(
    ("values", "kind", "read"),
    [
        ([1, 2], "BIGINT", [1, 2]),
        ([True, None], "BOOLEAN", [True, None]),
        ([True, 1], "VARCHAR", ["true", "1"]),
        ([2**63, 1], "VARCHAR", ["9223372036854775808", "1"]),
        ([-(2**63), 0], "BIGINT", [-(2**63), 0]),
        ([0.1, 3], "DOUBLE", [0.1, 3.0]),
        (["1", "2"], "VARCHAR", ["1", "2"]),
        (["2024-02-30", "2024-01-01"], "VARCHAR", ["2024-02-30", "2024-01-01"]),
        (["2024-01-01", "soon"], "VARCHAR", ["2024-01-01", "soon"]),
        (
            ["2024-01-01", "2024-01-01T10:00:00.5+02:00"],
            "TIMESTAMP",
            [datetime(2024, 1, 1), datetime(2024, 1, 1, 8, 0, 0, 500_000)],
        ),
        ([{"a": [1, "é"]}, [1]], "VARCHAR", ['{"a":[1,"é"]}', "[1]"]),
        ([None, None], "VARCHAR", [None, None]),
    ],
)
def test_a_column_gets_the_narrowest_type_for_all_rows(
    opened: Opened, values: list[Any], kind: str, read: list[Any]
) -> None:
    with opened({"type": "inline", "rows": [{"x": value} for value in values]}) as table:
        assert (dict(table.columns), [row[0] for row in all_rows(table)]) == ({"x": kind}, read)


def test_types_come_from_all_batches_and_late_columns_are_null_before(opened: Opened) -> None:
    rows: list[dict[str, Any]] = [{"x": at} for at in range(1_200)] + [{"x": "end", 'odd "name': 1}]
    with opened({"type": "inline", "rows": rows}) as table:
        assert dict(table.columns) == {"x": "VARCHAR", 'odd "name': "BIGINT"}
        assert all_rows(table)[-2:] == [("1199", None), ("end", 1)]


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ([{}], "no columns"),
        ([{"a\0": 1}], "has a zero byte"),
        ([{"\ud800": 1}], "half of a character"),
        ([{"a" * 256: 1}], "The name of column 1 is longer than 255 characters"),
        ([{f"c{at}": 1 for at in range(1_001)}], "more than 1,000 columns"),
    ],
)
def test_what_cannot_be_a_table_is_a_fault_of_the_payload(
    opened: Opened, rows: list[dict[str, Any]], fault: str
) -> None:
    with pytest.raises(InvalidPayload, match=fault) as raised, opened({"type": "inline", "rows": rows}):
        pass
    assert raised.value.faults[0]["path"] == "data_source.rows"


def test_names_are_those_of_an_upload(opened: Opened, tmp_path: Path) -> None:
    rows = [{"a": 1, " b ": "x"}, {"A": 2, "": 3, "rowid": 4}, {"a": 5, "a_2": 6}]
    uploaded = read(tmp_path, "\n".join(map(json.dumps, rows)))
    with opened({"type": "inline", "rows": rows}) as table:
        assert dict(table.columns) == types_of(uploaded)
        assert list(table.columns) == ["a", "b", "A_3", "column_4", "rowid_2", "a_2"]
        assert all_rows(table) == [
            (1, "x", None, None, None, None),
            (None, None, 2, 3, 4, None),
            (5, None, None, None, None, 6),
        ]
        assert list(table.notes) == uploaded.notes
        assert table.notes[0] == "Column 3 is a second 'A'; it is called 'A_3'"


def test_rows_whose_names_stay_have_no_notes(opened: Opened) -> None:
    with opened({"type": "inline", "rows": [{"a": 1, "b": 2}]}) as table:
        assert list(table.notes) == []


def test_equal_rows_have_one_fingerprint_and_others_another(opened: Opened) -> None:
    def of(*rows: dict[str, Any]) -> str:
        with opened({"type": "inline", "rows": list(rows)}) as table:
            return str(table.fingerprint)

    one, other = {"a": "x", "b": 1}, {"a": "yz", "b": None}
    assert of(one, other) == of(one, other)
    texts = [
        of(one, other),
        of(other, one),
        of(one),
        of({"a": "xy", "b": 1}, {"a": "z"}),
        of({"c": "x", "b": 1}, other),
    ]
    assert len(set(texts)) == len(texts)


def test_a_cancelled_run_ends_a_long_statement(opened: Opened) -> None:
    cancelled: list[int] = []

    def check() -> None:
        if cancelled:
            raise Cancelled(datetime.now())

    with opened({"type": "inline", "rows": [{"x": 1}]}, check=check) as table:
        cancelled.append(1)
        with pytest.raises(Cancelled):
            table.fetch("SELECT count(*) FROM range(10000000) a, range(10000000) b WHERE a.range * b.range = -1")
        with pytest.raises(Cancelled):
            list(table.stream("SELECT sum(a.range * b.range) FROM range(10000000) a, range(1000000) b", 10))


def test_the_database_reaches_nothing_else(opened: Opened) -> None:
    with opened({"type": "inline", "rows": [{"x": 1}]}) as table:
        for sql in ("FROM read_text('/etc/passwd')", "ATTACH '/tmp/x.db'", "SET enable_external_access = true"):
            with pytest.raises(Exception, match="cannot be read"):
                table.fetch(sql)
