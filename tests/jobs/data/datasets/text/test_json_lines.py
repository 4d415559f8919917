"""Files of JSON Lines: types, encodings, order and defects."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from jobs.data.datasets.failures import Unreadable
from tests.jobs.data.datasets.reading import read, rows_of, types_of


def test_json_lines(tmp_path: Path) -> None:
    done = read(
        tmp_path, '{"a":1,"b":"x"}\n\n{"b":"7","a":2.5,"day":"2024-01-31"}\n{"c":[1,{"d":null}],"a":null,"t":true}'
    )
    assert done.format == "jsonl" and types_of(done) == {
        "a": "DOUBLE",
        "b": "VARCHAR",
        "day": "DATE",
        "c": "VARCHAR",
        "t": "BOOLEAN",
    }
    assert rows_of(done) == [
        (1.0, "x", None, None, None),
        (2.5, "7", "2024-01-31", None, None),
        (None, None, None, '[1,{"d":null}]', True),
    ]
    assert done.notes == ["The values of 'c' are nested; they are kept as JSON text"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_json_lines_in_encodings_that_say_what_they_are(encoding: str, tmp_path: Path) -> None:
    done = read(tmp_path, '{"a":1,"b":"ü"}\n{"a":2}\n'.encode(encoding))
    assert done.format == "jsonl" and rows_of(done) == [(1, "ü"), (2, None)]


@pytest.mark.parametrize("end", ["\n", ""])
def test_lines_and_keys_stay_in_order_in_a_large_file(end: str, tmp_path: Path) -> None:
    keys = ("a", "b", "c", "d")
    lines = (json.dumps({"n": n, keys[n // 50_000]: n, "text": "x" * (n % 60)}) for n in range(200_000))
    done = read(tmp_path, "\n".join(lines) + end)
    assert list(types_of(done)) == ["n", "a", "text", "b", "c", "d"]
    assert pq.read_table(done.path)["n"].to_pylist() == list(range(200_000))


def test_texts_of_digits_stay_texts_and_mixtures_become_texts(tmp_path: Path) -> None:
    done = read(tmp_path, '{"zip":"123","mixed":1}\n{"zip":"4","mixed":"x"}\n')
    assert rows_of(done) == [("123", "1"), ("4", "x")]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b'{"a":1}\n[1]\n', "line 2: this is no object but an array"),
        (b'{"a":1}\n\nnull\n', "line 3: this is no object but null"),
        (b'{"a":1}\n{"a":\n', "line 2: this is no JSON object"),
        (b'{"a":1}\n{"a":2}}\n', "line 2: this is no JSON object"),
        (b'{\n"a":1\n}\n', "line 1: this is no JSON object"),
        (b'{"a":"\xe4"}\n', "The text is not UTF-8 at byte 7 of line 1"),
        (b"{}\n{}\n", "The objects have no keys"),
        (b'[{"a":1}]', "A JSON array is not read"),
    ],
)
def test_a_line_that_is_no_object_is_named(content: bytes, text: str, tmp_path: Path) -> None:
    with pytest.raises(Unreadable) as caught:
        read(tmp_path, content)
    assert caught.value.message.startswith(text)
