from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from realtime.http.schema.yaml_text import to_yaml

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.integers(-4000, 4000).map(lambda number: number / 4)
    | st.text(max_size=20)
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
)


def test_it_works() -> None:
    text = to_yaml({"a": {"b": [1, {"c": "plain words", "d": []}], "e": {}}, "yes": "no"})
    assert text == 'a:\n  b:\n    - 1\n    - c: plain words\n      d: []\n  e: {}\n"yes": "no"\n'


@given(st.dictionaries(st.text(max_size=8), values, min_size=1, max_size=4))
def test_a_reader_of_yaml_reads_what_was_written(value: dict[str, Any]) -> None:
    assert yaml.safe_load(to_yaml(value)) == value


@pytest.mark.parametrize("text", ["", " a", "a ", "a: b", "a #b", "~", "1", "1e3", "null", "Yes", "- a", "x\ny", "{a}"])
def test_what_could_be_read_as_something_else_is_quoted(text: str) -> None:
    assert yaml.safe_load(to_yaml({"a": text})) == {"a": text}
