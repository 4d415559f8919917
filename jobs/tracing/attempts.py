"""The spans of attempts. A worker's child runs one attempt at a time, so each process has at most one.

The span of an attempt is recorded by who writes the attempt's end: its own process, or the sweeper if that was lost.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from jobs.tracing.span import NO_SPAN, Span
from jobs.tracing.traceparent import TraceParent, attempt_span_id, fallback_trace_id, read_traceparent
from jobs.tracing.tracer import TRACING, current_parent, flush, open_span

MAX_STAGES: Final = 100
"""The most spans of stages in an attempt."""
_MAX_LINKS = 10
_MAX_STAGE_NAME = 40
_NS = 1_000_000_000


@dataclass(frozen=True, kw_only=True)
class TracedAttempt:
    """The facts about an attempt that its spans need."""

    request_id: UUID
    attempt: int
    action: str
    tenant_id: str
    queue: str
    trace: str | None
    """The span under which the request was submitted, as a ``traceparent``. None: it was stored without one."""

    @property
    def attributes(self) -> dict[str, str | int]:
        return {
            "request_id": str(self.request_id),
            "attempt": self.attempt,
            "action": self.action,
            "tenant": self.tenant_id,
            "queue": self.queue,
        }

    def open(self, *, start_ns: int | None = None) -> Span:
        """Open the span of the attempt, with links to the earlier attempts of the request."""
        above = read_traceparent(self.trace)
        trace_id = fallback_trace_id(self.request_id) if above is None else above.trace_id
        earlier = range(max(1, self.attempt - _MAX_LINKS), self.attempt)
        return open_span(
            f"attempt {self.action}",
            parent=above,
            kind="consumer",
            links=[TraceParent(trace_id, attempt_span_id(self.request_id, number), True) for number in earlier],
            start_ns=start_ns,
            span_id=attempt_span_id(self.request_id, self.attempt),
            trace_id=trace_id,
            attributes=self.attributes,
        )

    def open_ending(self) -> Span:
        """Open the span of an ending that another process than the attempt's brings about."""
        above = read_traceparent(self.trace)
        trace_id = fallback_trace_id(self.request_id) if above is None else above.trace_id
        parent = TraceParent(
            trace_id, attempt_span_id(self.request_id, self.attempt), above is None or above.is_sampled
        )
        return open_span(f"ending {self.action}", parent=parent, kind="consumer", attributes=self.attributes)


class AttemptSpans:
    """The open spans of an attempt: its own and that of its stage. Any thread may call the methods."""

    def __init__(self, span: Span, *, is_settled: bool = False) -> None:
        self._span = span
        self._stage_span: Span = NO_SPAN
        self._stage = ""
        self._stages = 0
        self._told: TraceParent | None = None
        self._is_settled = is_settled
        self._error_code = ""
        self._has_ended = False
        self._lock = threading.Lock()

    @property
    def parent(self) -> TraceParent | None:
        """The innermost span, as the parent of others."""
        return self._stage_span.parent or self._span.parent

    def enter_stage(self, name: object) -> None:
        """End the stage and begin another, unless it is the same one. Only a short text names a stage."""
        if not isinstance(name, str) or name == self._stage or not 0 < len(name) <= _MAX_STAGE_NAME:
            return
        with self._lock:
            if name == self._stage or self._has_ended:
                return
            self._stage_span.end()
            self._stage_span, self._stage = NO_SPAN, name
            self._stages += 1
            if self._stages <= MAX_STAGES:
                self._stage_span = open_span(f"stage {name}", parent=self._span.parent)

    def begin_outcome(self) -> None:
        """End the stage, if any, and begin to write the outcome."""
        with self._lock:
            if not self._has_ended:
                self._stage_span.end()
                self._stage_span, self._stage = open_span("outcome", parent=self._span.parent), "outcome"

    def for_hint(self) -> str | None:
        """Return the ``traceparent`` for what is sent to followers now. None: the stage has told of itself before.

        So the number of pushes that are traced has a bound, however much progress is reported.
        """
        parent = self.parent
        if parent is None or not parent.is_sampled or parent == self._told:
            return None
        self._told = parent
        return str(parent)

    def settle(self, status: str, error_code: str) -> None:
        """Note the outcome that this process has written."""
        self._is_settled = True
        self._span.note(outcome=status)
        self._error_code = error_code

    def end(self) -> None:
        """End the spans. An attempt that lost its request is left out: whoever took that has recorded it."""
        with self._lock:
            if self._has_ended:
                return
            self._has_ended = True
            self._stage_span.end()
            if self._is_settled:
                self._span.end(error_code=self._error_code)


class Running:
    """The attempt that this process runs."""

    attempt: AttemptSpans | None = None
    """None: it runs no attempt, or does not trace it."""


RUNNING: Final = Running()


@contextmanager
def run_traced(
    facts: TracedAttempt, *, due_at: datetime | None, looked_ns: int | None, is_ending: bool = False
) -> Iterator[None]:
    """Trace what is run inside.

    ``due_at``: the moment from which on the attempt could have begun. ``looked_ns``: Unix time in nanoseconds at which
    the worker began to look for work. None: it is not known.
    """
    now = time.time_ns()
    looked_ns = now if looked_ns is None else looked_ns
    span = facts.open_ending() if is_ending else facts.open(start_ns=now)
    if not is_ending:
        above = read_traceparent(facts.trace) or span.parent
        if due_at is not None:
            due_ns = round(due_at.timestamp() * _NS)
            _record("wait", above, due_ns, max(due_ns, looked_ns))
        _record("claim", above, looked_ns, now)
    RUNNING.attempt = AttemptSpans(span, is_settled=is_ending)
    try:
        with span.current():
            yield
    finally:
        finish()


def _record(name: str, parent: TraceParent | None, start_ns: int, end_ns: int) -> None:
    """Record a span that is over."""
    open_span(name, parent=parent, start_ns=start_ns).end(end_ns=end_ns)


def traced_now() -> TraceParent | None:
    """Return the innermost span of the running code, or of the attempt that this process runs."""
    current = current_parent()
    if current is not None or RUNNING.attempt is None:
        return current
    return RUNNING.attempt.parent


def finish() -> None:
    """End the spans of the attempt that this process runs, if it runs one."""
    if RUNNING.attempt is not None:
        RUNNING.attempt.end()
        RUNNING.attempt = None


def finish_process() -> None:
    """End all spans and send them, before the process ends at once. Takes 2 s at most."""
    finish()
    flush()


def record_lost(facts: TracedAttempt, *, started_at: datetime | None, status: str, error_code: str) -> None:
    """Record the attempt of a process that can do so no more."""
    if TRACING.recorder is None or started_at is None:
        return
    span = facts.open(start_ns=round(started_at.timestamp() * _NS))
    span.note(outcome=status, lost=True)
    span.end(error_code=error_code)


def open_artifact_span(media_type: str) -> Span:
    """Open the span in which a file of the running attempt is written and stored."""
    if RUNNING.attempt is None:
        return NO_SPAN
    return open_span("artifact", parent=RUNNING.attempt.parent, attributes={"media_type": media_type})
