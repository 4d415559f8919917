import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.jsonable import has_nul, to_json

texts = st.text(st.characters(exclude_categories=["Cs"]))
plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=20,
)


def test_it_works() -> None:
    assert to_json({"rows": (1, 2), "at": date(2026, 1, 31)}) == {"rows": [1, 2], "at": "2026-01-31"}


def test_a_limit_counts_bytes_as_they_are_sent() -> None:
    assert to_json({"a": "ü"}, longest_bytes=10) == {"a": "ü"}
    with pytest.raises(ValueError, match="may have 9 bytes of JSON, and has 10"):
        to_json({"a": "ü"}, longest_bytes=9)


@given(plain)
def test_plain_json_stays_as_it_is_but_for_the_character_nul(value: Any) -> None:
    stored = to_json(value)
    assert not has_nul(stored)
    if not has_nul(value):
        assert stored == value


@pytest.mark.parametrize(
    ("value", "stored"),
    [
        (float("nan"), None),
        (float("-inf"), None),
        (datetime(2026, 1, 31, 12, tzinfo=UTC), "2026-01-31T12:00:00Z"),
        (Decimal("1.50"), "1.50"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        ({1: "one"}, {"1": "one"}),
        ("a\x00b", "ab"),
        ({"k\x00": ["\x00"]}, {"k": [""]}),
        ("\\u0000", "\\u0000"),
    ],
)
def test_what_json_has_no_word_for_is_said_in_another(value: Any, stored: Any) -> None:
    assert to_json(value) == stored
    json.dumps(to_json(value), allow_nan=False)


@pytest.mark.parametrize("value", [object(), {"f": print}, {("a", "b"): 1}])
def test_what_is_no_json_at_all_raises(value: Any) -> None:
    with pytest.raises(TypeError):
        to_json(value)


def test_nul_is_found_in_keys_and_values_at_any_depth() -> None:
    assert has_nul({"a": [{"b": "x\x00"}]}) and has_nul({"\x00": 1})
    assert not has_nul({"a": ["\\u0000", 0, None]})
