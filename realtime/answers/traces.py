"""The spans of messages: from what a client sent to the answer."""

from collections.abc import Sequence
from typing import Any, Literal

from jobs.requests.submission import Accepted, Refused, Submission
from jobs.tracing.span import Span
from jobs.tracing.traceparent import read_traceparent
from jobs.tracing.tracer import TRACING, open_span
from realtime.auth import Identity
from realtime.wire.messages import Request

METADATA_KEY = "traceparent"
Face = Literal["socket", "http"]


def open_message_span(message: Request, identity: Identity, face: Face, header: Any = None) -> Span:
    """Open the span of a message. Its parent is the one that the message names, or else the HTTP ``header``."""
    return open_span(
        f"message {message.action}",
        parent=read_traceparent(message.metadata.get(METADATA_KEY)) or read_traceparent(header),
        kind="server",
        attributes={"action": message.action, "tenant": identity.tenant_id, "face": face},
    )


class SubmissionSpans:
    """The spans of requests that are stored together, each from its message to its acknowledgment."""

    def __init__(self, messages: Sequence[Request], identity: Identity, face: Face, header: Any = None) -> None:
        self._messages: list[Span] = []
        self._submits: list[Span] = []
        if TRACING.recorder is None:
            return
        for message in messages:
            span = open_message_span(message, identity, face, header)
            self._messages.append(span)
            self._submits.append(open_span("submit", parent=span.parent, kind="producer"))

    def trace_of(self, index: int) -> str | None:
        """Return what is stored with the request at that place, so that workers go on with its trace."""
        return str(self._submits[index].parent) if self._submits else None

    def end(self, submissions: Sequence[Submission], outcomes: Sequence[Accepted | Refused]) -> None:
        """End the spans with what came of each submission."""
        for spans in zip(self._messages, self._submits, submissions, outcomes, strict=bool(self._messages)):
            message, submit, submission, outcome = spans
            if isinstance(outcome, Refused):
                code = str(outcome.error["code"])
                submit.end(error_code=code)
                message.end(error_code=code)
                continue
            message.note(request_id=str(outcome.request_id), duplicate=outcome.duplicate, queue=submission.queue)
            submit.end()
            message.end()

    def fail(self, error: BaseException) -> None:
        """End the spans of submissions that could not be stored."""
        for span in (*self._submits, *self._messages):
            span.end(error_code=type(error).__name__)
