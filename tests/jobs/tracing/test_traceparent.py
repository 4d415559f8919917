import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.tracing.traceparent import attempt_span_id, fallback_trace_id, read_traceparent

TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"


def test_it_works() -> None:
    parent = read_traceparent(f"00-{TRACE}-{SPAN}-01")
    assert parent is not None and parent.is_sampled
    assert (f"{parent.trace_id:x}", f"{parent.span_id:x}") == (TRACE.lstrip("0"), SPAN)
    assert str(parent) == f"00-{TRACE}-{SPAN}-01"


def test_other_flags_than_sampled_are_left_out() -> None:
    assert str(read_traceparent(f"00-{TRACE}-{SPAN}-fe")) == f"00-{TRACE}-{SPAN}-00"


def test_a_later_version_may_have_more_fields() -> None:
    assert str(read_traceparent(f"cc-{TRACE}-{SPAN}-01-what-the-future-brings")) == f"00-{TRACE}-{SPAN}-01"


@pytest.mark.parametrize(
    "value",
    [
        None,
        7,
        ["00"],
        {"traceparent": "x"},
        "",
        "00",
        f"00-{TRACE}-{SPAN}",
        f"00-{TRACE}-{SPAN}-01-more",
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"cc-{TRACE}-{SPAN}-01-{'x' * 100}",
        f"00-{'٣' * 32}-{SPAN}-01",
    ],
)
def test_garbage_is_no_parent(value: Any) -> None:
    assert read_traceparent(value) is None


@given(st.text(max_size=120))
def test_no_text_is_an_error(text: str) -> None:
    parent = read_traceparent(text)
    assert parent is None or read_traceparent(str(parent)) == parent


def test_every_process_computes_the_same_ids() -> None:
    request_id = uuid.UUID("2bf87ea9-f64d-4802-8aab-68abe544bf22")
    assert attempt_span_id(request_id, 1) == attempt_span_id(uuid.UUID(str(request_id)), 1)
    assert attempt_span_id(request_id, 1) != attempt_span_id(request_id, 2)
    assert 0 < attempt_span_id(request_id, 1) < 2**64 and 0 < fallback_trace_id(request_id) < 2**128
