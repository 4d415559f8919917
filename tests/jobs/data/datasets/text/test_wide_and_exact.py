"""Tables with very many columns, names that others use themselves, and numbers whose digits matter."""

import json
import random
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from jobs.data.datasets.failures import Unreadable
from tests.jobs.data.datasets.reading import read, rows_of, types_of


def written(rows: list[dict[str, Any]], kind: str) -> str:
    if kind == "jsonl":
        return "".join(json.dumps(row) + "\n" for row in rows)
    lines = [",".join(rows[0]), *(",".join(str(value) for value in row.values()) for row in rows)]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
def test_all_the_columns_that_are_promised_take_little_memory(kind: str, tmp_path: Path) -> None:
    numbers = random.Random(4)
    rows = [{f"c{at}": numbers.randrange(1000) / (1 + at % 2 * 7) for at in range(2_000)} for _ in range(30)]
    for at, row in enumerate(rows):
        row["c7"], row["c1999"] = float(at), 0.125
    done = read(tmp_path, written(rows, kind), memory="400MB")
    assert (done.rows, len(done.columns)) == (30, 2_000)
    assert pq.read_table(done.path).to_pylist() == rows


def test_the_columns_of_a_wide_table_stay_beside_each_other(tmp_path: Path) -> None:
    rows = [{f"c{at}": number * 100 + at for at in range(60)} for number in range(30_000)]
    table = pq.read_table(read(tmp_path, written(rows, "csv")).path)
    assert table["c0"].to_pylist() == [number * 100 for number in range(30_000)]
    assert table["c59"].to_pylist() == [number * 100 + 59 for number in range(30_000)]


def test_memory_is_said_when_it_is_memory(tmp_path: Path) -> None:
    rows = [{f"c{at}": "x" * 900 for at in range(2_000)} for _ in range(20)]
    with pytest.raises(Unreadable, match=r"needs more memory than it may use \(6MB\)"):
        read(tmp_path, written(rows, "jsonl"), memory="6MB")


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
@pytest.mark.parametrize("name", ["file_row_number", "filename", "row", "c0", "c1", "json", "record", "count", "lines"])
def test_a_column_may_have_any_name(name: str, kind: str, tmp_path: Path) -> None:
    rows = [{name: f"t{at}", "other": at} for at in range(30)]
    rows[20]["other"] = "odd"
    done = read(tmp_path, written(rows, kind))
    assert done.sample == [{name: row[name], "other": str(row["other"])} for row in rows[:20]]
    assert len(done.notes) == (kind == "csv")


def test_keys_that_differ_in_case_are_columns_of_their_own(tmp_path: Path) -> None:
    done = read(tmp_path, '{"Id":1,"id":"x"}\n{"ID":2.5,"id":"y"}\n')
    assert types_of(done) == {"Id": "BIGINT", "id_2": "VARCHAR", "ID_3": "DOUBLE"}
    assert rows_of(done) == [(1, "x", None), (None, "y", 2.5)] and len(done.notes) == 2


def test_a_key_that_is_there_twice_is_told(tmp_path: Path) -> None:
    done = read(tmp_path, '{"a":1}\n{"a":2,"a":3}\n{"b":{"c":1,"c":2}}\n')
    assert rows_of(done)[1] == (2, None) and rows_of(done)[2] == (None, '{"c":1}')
    assert "Some objects have a key twice, first 'a' in line 2; its first value was kept" in done.notes


def test_nested_values_keep_their_digits(tmp_path: Path) -> None:
    nested = '{"n":[12345678901234567890.5,1.50,-0,1E5],"ü":"ä\\n","t":[true,null,{}]}'
    assert rows_of(read(tmp_path, f'{{"a":{nested}}}\n')) == [(nested,)]


@pytest.mark.parametrize("kind", ["csv", "jsonl"])
@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["9007199254740993", "0.25"], "VARCHAR"),
        (["-9007199254740995", "2e3"], "VARCHAR"),
        (["9007199254740992", "0.25"], "DOUBLE"),
        (["9007199254740993", "5"], "BIGINT"),
        (["3.14159265358979323846", "1"], "VARCHAR"),
        (["0.30000000000000004", "1"], "DOUBLE"),
        (["0.10000000000000001", "2.2250738585072014e-308"], "DOUBLE"),
        (["1234567.12345678901", "1"], "VARCHAR"),
        (["1e-400", "1.5"], "VARCHAR"),
        (["1.7976931348623157e308", "5e-324"], "DOUBLE"),
        (["12345678901234567890123", "1.5"], "VARCHAR"),
        (["1e22", "0.000"], "DOUBLE"),
        # 2 to the power of -24, which lies just between two numbers of 16 digits.
        (["5.960464477539063e-08", "1"], "DOUBLE"),
    ],
)
def test_a_number_keeps_its_digits_or_stays_text_and_it_is_said(
    values: list[str], expected: str, kind: str, tmp_path: Path
) -> None:
    lines = [f'{{"n":{value},"o":"x"}}' if kind == "jsonl" else f"{value},x" for value in values]
    done = read(tmp_path, "\n".join(lines if kind == "jsonl" else ["n,o", *lines]) + "\n")
    assert types_of(done)["n"] == expected
    assert len(done.notes) == (expected == "VARCHAR") and all("would lose digits" in note for note in done.notes)
    if expected == "VARCHAR":
        assert [row[0] for row in rows_of(done)] == values


def test_a_late_number_keeps_its_digits_too(tmp_path: Path) -> None:
    done = read(tmp_path, "n,o\n" + "0.5,1\n" * 25_000 + "9007199254740993,1\n")
    assert types_of(done)["n"] == "VARCHAR" and "first '9007199254740993' in row 25,001" in done.notes[0]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["2024-01-31T10:00:00.123456789", "2024-01-31T10:00:00.5"], "VARCHAR"),
        (["2024-01-31T10:00:00.123456000", "2024-01-31"], "TIMESTAMP"),
        (["0000-01-01", "2024-01-31"], "VARCHAR"),
        (["9999-12-31T23:30:00-01:00", "2024-01-31T10:00:00Z"], "VARCHAR"),
        (["infinity", "2024-01-31"], "VARCHAR"),
    ],
)
def test_a_moment_loses_nothing_either(values: list[str], expected: str, tmp_path: Path) -> None:
    done = read(tmp_path, "at,o\n" + "".join(f"{value},x\n" for value in values))
    assert types_of(done)["at"] == expected
    if expected == "VARCHAR":
        assert [row[0] for row in rows_of(done)] == values


def test_not_a_number_is_a_missing_value_and_an_infinity_is_text(tmp_path: Path) -> None:
    assert rows_of(read(tmp_path, '{"a":NaN,"b":Infinity}\n{"a":1.5,"b":2}\n')) == [(None, "Infinity"), (1.5, "2")]
    assert rows_of(read(tmp_path, "a,b\nNaN,inf\n1.5,2\n")) == [(None, "inf"), (1.5, "2")]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b'{"a":1}\n{"a":"\\ud800"}\n', "line 2: the value of 'a' has half of a character in it"),
        (b'{"a":1}\n' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "line 2: this is no JSON object"),
        (b'{"a":1}\n{"a":"tab\there"}\n', "line 2: this is no JSON object"),
    ],
)
def test_a_bad_line_of_json_is_named(content: bytes, text: str, tmp_path: Path) -> None:
    with pytest.raises(Unreadable) as caught:
        read(tmp_path, content)
    assert caught.value.message.startswith(text)
