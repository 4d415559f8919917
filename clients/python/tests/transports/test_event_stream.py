"""The format of server-sent events."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamer_client.transports.http import event_stream
from streamer_client.transports.http.event_stream import EventStream, ServerEvent

_TEXT = (
    'retry: 2000\r\n\r\n: keep-alive\n\nid: 1\ndata: {"a": "ä\u2028\x0b"}\n\n'
    "event: goodbye\rdata:one\rdata: two\r\r\n\ndata\n\nid: 9\n\n"
)
_EVENTS = [
    ServerEvent(event="message", data='{"a": "ä\u2028\x0b"}'),
    ServerEvent(event="goodbye", data="one\ntwo"),
    ServerEvent(event="message", data=""),
]


@given(st.lists(st.integers(0, len(_TEXT.encode())), max_size=8))
def test_wherever_the_network_cuts_the_events_are_the_same(cuts: list[int]) -> None:
    stream, data = EventStream(), _TEXT.encode()
    places = [0, *sorted(cuts), len(data)]
    pieces = [data[first:last] for first, last in zip(places, places[1:], strict=False)]
    assert [event for piece in pieces for event in stream.feed(piece)] == _EVENTS
    assert stream.retry_seconds == 2.0


def test_an_event_without_an_end_is_not_kept_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_stream, "MAX_BYTES", 100)
    with pytest.raises(ValueError, match="too large"):
        EventStream().feed(b"data: " + b"x" * 200)
