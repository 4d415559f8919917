import json
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from realtime.wire.messages import CLIENT_MESSAGES, ClientMessage
from realtime.wire.protocol import BadMessage, encode_error, parse

REQUEST_ID = "00000000-0000-0000-0000-000000000007"

any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)
field_names = sorted({name for kind in CLIENT_MESSAGES.values() for name in kind.__struct_fields__} | {"type"})
field_values = any_json | st.sampled_from([*CLIENT_MESSAGES, REQUEST_ID, 0, 1, "echo", [{"request_id": REQUEST_ID}]])


def parses_or_is_bad(text: str) -> None:
    try:
        assert isinstance(parse(text, longest_bytes=10_000, most_containers=30_000), ClientMessage)
    except BadMessage as error:
        msgspec.json.decode(encode_error(error.error, error.id))


@given(st.text())
def test_any_text_is_a_message_or_a_bad_one(text: str) -> None:
    parses_or_is_bad(text)


@given(st.text(st.characters(categories=["Cs", "Ll", "Cc"])))
def test_any_text_with_lone_surrogates_is_a_message_or_a_bad_one(text: str) -> None:
    parses_or_is_bad(json.dumps({"id": text, "type": "ping"}, ensure_ascii=False))
    parses_or_is_bad(json.dumps({"id": text, "type": "ping"}))


@given(any_json)
def test_any_json_is_a_message_or_a_bad_one(value: Any) -> None:
    parses_or_is_bad(json.dumps(value))


@given(st.dictionaries(st.sampled_from(field_names), field_values))
def test_any_object_with_our_fields_is_a_message_or_a_bad_one(value: dict[str, Any]) -> None:
    parses_or_is_bad(json.dumps(value))
