"""The spans of events on their way to the followers of a process."""

from collections.abc import Mapping
from typing import Any

from jobs.tracing.span import NO_SPAN, Span
from jobs.tracing.traceparent import read_traceparent
from jobs.tracing.tracer import open_span


def open_push_span(message: Mapping[str, Any], followers: int) -> Span:
    """Open the span in which the events of a hint are handed to sockets and streams."""
    parent = read_traceparent(message["trace"])
    if parent is None:
        return NO_SPAN
    frames = message["frames"]
    attributes = {
        "request_id": message["request_id"],
        "first_seq": frames[0][0],
        "last_seq": frames[-1][0],
        "final": bool(frames[-1][2]),
        "followers": followers,
    }
    return open_span("push", parent=parent, kind="consumer", attributes=attributes)
