import enum
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.models import Status
from jobs.requests.python_api.strict_json import MAX_DEPTH, read_json

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
    lambda inner: st.lists(inner) | st.dictionaries(st.text("abc"), inner),
    max_leaves=10,
)


class Number(enum.IntEnum):
    SEVEN = 7


@given(json_values)
def test_what_is_json_stays_as_it_is(value: Any) -> None:
    assert read_json(value) == (value, [])


def test_relatives_of_json_become_plain() -> None:
    plain, faults = read_json({"a": (1, [Number.SEVEN]), "b": MappingProxyType({"status": Status.FAILED})})
    assert faults == []
    assert msgspec.json.encode(plain) == b'{"a":[1,[7]],"b":{"status":"failed"}}'
    assert type(plain["b"]["status"]) is str and type(plain["a"][1][0]) is int


@pytest.mark.parametrize(
    ("value", "path", "kind"),
    [
        (date(2025, 1, 1), "", "json_type"),
        ({"a": [0, Decimal(1)]}, "a[1]", "json_type"),
        ({"a": {"b": {1, 2}}}, "a.b", "json_type"),
        ({"a": b"bytes"}, "a", "json_type"),
        ({"a": float("nan")}, "a", "json_number"),
        ({"a": [float("-inf")]}, "a[0]", "json_number"),
        ({"a": {1: "one"}}, "a", "json_key"),
        ({"a": "\x00"}, "a", "json_text"),
        ({"a": {"\x00": 1}}, "a", "json_text"),
        ({"a": "\ud800"}, "a", "json_text"),
    ],
)
def test_what_json_cannot_say_is_a_fault_with_its_path(value: Any, path: str, kind: str) -> None:
    _, faults = read_json(value)
    assert [(fault["path"], fault["type"]) for fault in faults] == [(path, kind)]


def test_every_fault_is_told() -> None:
    _, faults = read_json({"a": float("inf"), "b": [b"", "fine", Decimal(1)]})
    assert [fault["path"] for fault in faults] == ["a", "b[0]", "b[2]"]


def test_what_is_nested_too_deep_is_a_fault_even_when_it_never_ends() -> None:
    assert read_json(nested(MAX_DEPTH))[1] == []
    endless: dict[str, Any] = {}
    endless["again"] = endless
    for value in (nested(MAX_DEPTH + 1), endless):
        (fault,) = read_json(value)[1]
        assert fault["type"] == "json_too_deep"


def nested(levels: int) -> Mapping[str, Any]:
    """Nest objects, ``levels`` deep."""
    value: dict[str, Any] = {}
    for _ in range(levels - 1):
        value = {"in": value}
    return value
