"""One set of rules for the types of columns, whichever way their values come in."""

import csv
import io
import json
import tempfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jobs.contract.quoting import quote_name, quote_text
from jobs.data.datasets.formats.json_lines import JsonParser
from jobs.data.tables.run_database import run_database
from jobs.data.tables.staged import StagedRows
from jobs.data.type_inference import ALL_KINDS, find_kinds
from jobs.errors import Permanent
from tests.jobs.data.datasets.reading import read

Table = tuple[dict[str, str], list[tuple[Any, ...]]]
COLUMNS = 8
unhurried = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def uploaded(content: str) -> Table:
    with tempfile.TemporaryDirectory() as folder, duckdb.connect() as connection:
        path = read(Path(folder), content, header=True).path
        rows = connection.execute(f"FROM read_parquet('{path}')")
        assert rows.description is not None
        kinds = {name: str(kind) for name, kind, *_ in rows.description}
        return kinds, rows.fetchall()


def staged(texts: Sequence[Mapping[str, str]], values: Sequence[Mapping[str, Any]]) -> Table:
    with tempfile.TemporaryDirectory() as folder, run_database(Path(folder), [], lambda: None, None) as database:
        table = StagedRows(database)
        table.add(zip(texts, values, strict=True))
        table.finish()
        rows = database.connection.execute("FROM data")
        assert rows.description is not None
        return {name: str(kind) for name, kind, *_ in rows.description}, rows.fetchall()


numbers = st.one_of(
    st.integers(-(2**70), 2**70).map(str),
    st.integers(2**53 - 3, 2**53 + 3).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.decimals(allow_nan=False, allow_infinity=False, places=3).map(str),
)
moments = st.one_of(st.dates().map(str), st.datetimes().map(str), st.datetimes().map(lambda at: at.isoformat() + "Z"))
odd = st.sampled_from(
    ["007", "+5", "1_000", "-0", ".5", "5.", "1e5", "1e999", "inf", "nan", "NA", "None", "true", "FALSE", " 5 ", " x "]
    + ["2024-02-30", "2024-1-1", "10000-01-01", "0000-01-01", "infinity", "epoch", "2024-01-01T10:00+05:30"]
    + ["2024-01-01T24:00", "2024-01-01 10:00:00.123456789", "9999-12-31T23:59:59-05:00", "9007199254740993.5"]
)
# Most columns hold one kind of value and now and then another, as real ones do.
cells = st.one_of(*(st.lists(st.one_of(one, odd), min_size=3, max_size=3) for one in (numbers, moments, odd)))
columns = st.lists(cells, min_size=COLUMNS, max_size=COLUMNS)


@unhurried
@given(columns=columns)
def test_a_file_and_a_stream_give_the_same_texts_the_same_types(columns: list[list[str]]) -> None:
    rows = [{f"c{at}": cell for at, cell in enumerate(row)} for row in zip(*columns, strict=True)]
    file = io.StringIO()
    writer = csv.DictWriter(file, rows[0], quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    assert uploaded(file.getvalue()) == staged(rows, [{}] * len(rows))


@unhurried
@given(
    columns=st.lists(
        st.one_of(
            st.lists(st.one_of(st.none(), one), min_size=3, max_size=3)
            for one in (st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(-1e15, 1e15), moments, odd)
        ),
        min_size=COLUMNS,
        max_size=COLUMNS,
    )
)
def test_json_lines_and_inline_rows_get_the_same_types(columns: list[list[Any]]) -> None:
    rows = [{f"c{at}": cell for at, cell in enumerate(row)} for row in zip(*columns, strict=True)]
    assert uploaded("\n".join(map(json.dumps, rows))) == staged([{}] * len(rows), rows)


json_values = st.sampled_from(
    ["1", "-0", "1.50", "1e5", "1e400", "9007199254740993", "9007199254740993.5", "123456789012345678901234567890"]
    + ["0.1234567890123456789", "NaN", "-Infinity", "true", "null", '"1"', '""', '"2024-01-01"', '"\\ud83d\\ude00"']
    + ['[1.10,{"b":1e2,"b":3}]', "[]", '{"x":"\\u0000"}']
)


@unhurried
@given(columns=st.lists(st.lists(json_values, min_size=3, max_size=3), min_size=COLUMNS, max_size=COLUMNS))
def test_json_lines_and_objects_of_a_stream_get_the_same_values(columns: list[list[str]]) -> None:
    lines = []
    for row in zip(*columns, strict=True):
        pairs = [f'"c{at}":{text}' for at, text in enumerate(row)]
        lines.append(f'{{{",".join(pairs)},"c0":7}}')
    parser = JsonParser()
    assert uploaded("\n".join(lines)) == staged([{}] * len(lines), [parser.parse(line) for line in lines])


@pytest.mark.parametrize("row", [{"a": "x\ud800"}, {"a": ["\udc00"]}, {"a\ud800": 1}])
def test_half_of_a_character_is_told(row: dict[str, Any]) -> None:
    with pytest.raises(Permanent, match=r"hal(f|ves) of (a )?character"):
        staged([{}], [row])


@pytest.mark.parametrize(
    ("texts", "kind", "values"),
    [
        (["9007199254740993", "0.5"], "VARCHAR", ["9007199254740993", "0.5"]),
        (["9007199254740992", "0.5"], "DOUBLE", [9007199254740992.0, 0.5]),
        (["9007199254740993.5"], "VARCHAR", ["9007199254740993.5"]),
        (["9007199254740993"], "BIGINT", [9007199254740993]),
        (["1e400", "1"], "VARCHAR", ["1e400", "1"]),
        (["0.1", "NaN"], "DOUBLE", [0.1, None]),
        (["TRUE", "n/a"], "BOOLEAN", [True, None]),
        (["2024-01-01 00:00:00.123456789"], "VARCHAR", ["2024-01-01 00:00:00.123456789"]),
        (["2024-01-01 00:00:00.123456000"], "TIMESTAMP", [datetime(2024, 1, 1, 0, 0, 0, 123456)]),
        (["2024-01-01", "infinity"], "VARCHAR", ["2024-01-01", "infinity"]),
        (["2024-01-01", "10000-01-01"], "VARCHAR", ["2024-01-01", "10000-01-01"]),
        (["9999-12-31T23:00:00-02:00"], "VARCHAR", ["9999-12-31T23:00:00-02:00"]),
        (["2024-01-01T10:00+24:00"], "VARCHAR", ["2024-01-01T10:00+24:00"]),
        (["2024-01-01T10:00-0160"], "VARCHAR", ["2024-01-01T10:00-0160"]),
        (["2024-01-01T10:00+2359"], "TIMESTAMP", [datetime(2023, 12, 31, 10, 1)]),
        (["2024-01-01", "NA"], "DATE", [date(2024, 1, 1), None]),
        (["Namibia", " NA "], "VARCHAR", ["Namibia", " NA "]),
    ],
)
def test_no_type_changes_a_value(texts: list[str], kind: str, values: list[Any]) -> None:
    kinds, rows = staged([{"x": text} for text in texts], [{}] * len(texts))
    assert (kinds, [value for (value,) in rows]) == ({"x": kind}, values)


@pytest.mark.parametrize("count", [2, 300])
def test_many_columns_are_typed_as_few_are(count: int) -> None:
    values = [("1", "2"), ("x", "1"), ("2024-01-01", ""), ("NA", "0.5"), ("", "None")]
    names = {f'"{at}': values[at % len(values)] for at in range(count)}
    with duckdb.connect() as connection:
        columns = ", ".join(
            f"unnest([{', '.join(map(quote_text, pair))}]) AS {quote_name(name)}" for name, pair in names.items()
        )
        connection.execute(f"CREATE TABLE t AS SELECT {columns}")
        kinds = find_kinds(lambda sql: connection.execute(sql).fetchall(), "t", dict.fromkeys(names, ALL_KINDS))
        first = ["int", "text", "date", "float", "text"]
        assert [kinds[name] for name in names] == [first[at % len(first)] for at in range(count)]
