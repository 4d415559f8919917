import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.errors import ErrorCode
from realtime.wire.protocol import BadMessage, parse
from realtime.wire.structure import count_containers, is_deeper

texts = st.text(st.sampled_from('[]{}"\\u0a,:')) | st.text()
values = st.recursive(
    st.none() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=30,
)


def containers_of(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + sum(map(containers_of, value.values()))
    return 1 + sum(map(containers_of, value)) if isinstance(value, list) else 0


def depth_of(value: Any) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth_of, value.values()), default=0)
    return 1 + max(map(depth_of, value), default=0) if isinstance(value, list) else 0


@given(values, st.booleans())
def test_number_and_depth_are_those_of_the_decoded_value(value: Any, ascii_only: bool) -> None:
    text = json.dumps(value, ensure_ascii=ascii_only)
    assert count_containers(text, most=-1) == containers_of(value)
    for levels in range(6):
        assert is_deeper(text, levels) == (depth_of(value) > levels)


def test_brackets_in_strings_do_not_make_a_message_too_wide() -> None:
    text = json.dumps({"action": "echo", "payload": {"message": '[{"\\' * 1_000}})
    assert parse(text, longest_bytes=100_000, most_containers=2)


def test_a_message_with_too_many_arrays_and_objects_is_told_the_limit() -> None:
    text = json.dumps({"action": "echo", "id": "wide", "payload": {"message": [[]] * 8}})
    assert parse(text, longest_bytes=1_000, most_containers=11)
    with pytest.raises(BadMessage) as caught:
        parse(text, longest_bytes=1_000, most_containers=10)
    error = caught.value.error
    assert error["code"] == ErrorCode.PAYLOAD_TOO_LARGE and error["details"] == {"limit_containers": 10}


@pytest.mark.parametrize(
    "inside",
    ["[]," * 320_000 + "0", "[" * 480_000, ("[" * 60 + "]" * 60 + ",") * 8_000 + "0", '{"a":' * 190_000],
    ids=["wide", "deep", "wide and deep", "objects"],
)
def test_a_megabyte_of_brackets_takes_a_few_milliseconds(inside: str) -> None:
    text = '{"action": "echo", "payload": {"message": [' + inside + "]}}"
    seconds = []
    for _ in range(5):
        begun = time.thread_time()
        with pytest.raises(BadMessage):
            parse(text, longest_bytes=2**20, most_containers=30_000)
        seconds.append(time.thread_time() - begun)
    # The decoder alone would take ten times as long, and a check in Python a hundred times. Whatever takes turns with
    # this thread makes it slower, and never faster.
    assert min(seconds) < 0.05


def test_a_batch_is_inspected_only_where_it_must_be() -> None:
    def batch(message: Any) -> Any:
        items = {"type": "requests", "requests": [{"action": "echo", "payload": {"message": message}}]}
        return parse(json.dumps({**items, "needs_inspection": "mine"}), longest_bytes=10_000, most_containers=1_000)

    deep: Any = 0
    for _ in range(70):
        deep = [deep]
    assert not batch("plain").needs_inspection
    assert batch(deep).needs_inspection and batch("\0").needs_inspection
