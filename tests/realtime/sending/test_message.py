import json
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from realtime.sending import InvalidMessage
from realtime.sending.message import encode_message

TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))
SCALARS = st.none() | st.booleans() | st.integers() | TEXTS
JSON = st.recursive(
    SCALARS | st.floats(allow_nan=False, allow_infinity=False),
    lambda inside: st.lists(inside) | st.dictionaries(TEXTS, inside),
    max_leaves=20,
)


@given(JSON)
def test_any_json_value_is_a_message(value: Any) -> None:
    message = json.loads(encode_message(value))
    assert message["type"] == "message" and message["data"] == value


def nested(levels: int) -> Any:
    return [nested(levels - 1)] if levels else 1


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": [1, float("nan")]}, r"at 'a\[1\]': JSON has no NaN"),
        (float("inf"), "no infinity"),
        ({"day": date(2024, 1, 1)}, "at 'day': JSON has no date"),
        (Decimal(1), "no Decimal"),
        (b"x", "no bytes"),
        ({1: 2}, "keys of an object are texts"),
        ("\x00", "cannot be stored"),
        ("\ud800", "cannot be stored"),
        (nested(100), "nested more than 63 levels"),
        ("x" * 70_000, "may have 65,536 bytes of JSON, and this has 70,002"),
        ("é" * 40_000, "and this has 80,002"),
    ],
    ids=lambda value: str(value)[:20].encode("ascii", "replace").decode().replace("\x00", "NUL"),
)
def test_anything_else_is_refused_with_the_reason(value: Any, text: str) -> None:
    with pytest.raises(InvalidMessage, match=text):
        encode_message(value)


def test_the_limit_is_a_setting(settings: Settings) -> None:
    settings.STREAMER_MAX_MESSAGE_BYTES = 3
    encode_message("x")
    with pytest.raises(InvalidMessage, match="3 bytes"):
        encode_message("xy")
