"""Records spans with the OpenTelemetry SDK, which reads its own variables (``OTEL_*``) from the environment.

The provider is made with the first span of a process, so that none crosses a fork: its thread would not.
"""

import atexit
import os
import socket
import threading
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Final, Self

from opentelemetry import context as contexts
from opentelemetry import trace
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind, Status, StatusCode, TraceFlags

from jobs.tracing.exporter import PatientExporter, forget_failures, quieten_library
from jobs.tracing.span import Kind, Value
from jobs.tracing.traceparent import TraceParent

PREFIX: Final = "streamer."
FLUSH_SECONDS: Final = 2.0
_FAILING_FLUSH_SECONDS = 0.2
_KINDS: Final[Mapping[Kind, SpanKind]] = {
    "internal": SpanKind.INTERNAL,
    "server": SpanKind.SERVER,
    "producer": SpanKind.PRODUCER,
    "consumer": SpanKind.CONSUMER,
}


class RecordedSpan:
    """A span of the SDK, as ``jobs.tracing.span.Span``."""

    def __init__(self, span: trace.Span) -> None:
        self._span = span

    @property
    def parent(self) -> TraceParent | None:
        return _parent_of(self._span)

    def note(self, **attributes: Value) -> None:
        for name, value in attributes.items():
            self._span.set_attribute(PREFIX + name, value)

    def end(self, *, error_code: str = "", end_ns: int | None = None) -> None:
        if error_code:
            self.note(error_code=error_code)
            self._span.set_status(Status(StatusCode.ERROR, error_code))
        self._span.end(end_ns)

    def current(self) -> AbstractContextManager[object]:
        # The text of an error may quote a payload.
        return trace.use_span(self._span, record_exception=False, set_status_on_exception=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.end(error_code="" if kind is None else kind.__name__)


class _Ids(RandomIdGenerator):
    """Random ids, unless the thread that opens a span has set the next one."""

    def __init__(self) -> None:
        self.next = threading.local()

    def generate_span_id(self) -> int:
        return getattr(self.next, "span_id", 0) or super().generate_span_id()

    def generate_trace_id(self) -> int:
        return getattr(self.next, "trace_id", 0) or super().generate_trace_id()


class Recorder:
    """The spans of this process, and of those that are forked from it."""

    def __init__(self) -> None:
        quieten_library()
        forget_failures()
        self._ids = _Ids()
        self._forget()
        os.register_at_fork(after_in_child=self._forget)
        atexit.register(self.flush)

    def _forget(self) -> None:
        self._provider: TracerProvider | None = None
        self._processor: BatchSpanProcessor | None = None
        self._exporter: PatientExporter | None = None
        self._making = threading.Lock()

    def open(
        self,
        name: str,
        *,
        parent: TraceParent | None,
        kind: Kind,
        links: Sequence[TraceParent],
        start_ns: int | None,
        span_id: int,
        trace_id: int,
        attributes: Mapping[str, Value],
    ) -> RecordedSpan:
        """See ``jobs.tracing.tracer.open_span``."""
        context = None
        if parent is not None:
            context = trace.set_span_in_context(NonRecordingSpan(_context_of(parent)), contexts.Context())
        self._ids.next.span_id, self._ids.next.trace_id = span_id, trace_id
        try:
            span = self._tracer().start_span(
                name,
                context,
                _KINDS[kind],
                {PREFIX + key: value for key, value in attributes.items()},
                [Link(_context_of(one)) for one in links],
                start_ns,
                record_exception=False,
            )
        finally:
            self._ids.next.span_id = self._ids.next.trace_id = 0
        return RecordedSpan(span)

    def current(self) -> TraceParent | None:
        return _parent_of(trace.get_current_span())

    def flush(self) -> None:
        """See ``jobs.tracing.tracer.flush``. While the collector does not answer, this waits no longer than 0.2 s."""
        processor, exporter = self._processor, self._exporter
        if processor is None or exporter is None or exporter.is_paused:
            return
        # The SDK's own flush keeps no time limit.
        thread = threading.Thread(target=processor.force_flush, name="trace-flush", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # so late in its end, a process of Python 3.12 or newer starts no thread
            processor.force_flush()
            return
        thread.join(_FAILING_FLUSH_SECONDS if exporter.is_failing else FLUSH_SECONDS)
        if thread.is_alive():
            exporter.note_slow()

    def close(self) -> None:
        """Send what was recorded, and end the thread."""
        self.flush()
        if self._exporter is not None and self._provider is not None:
            self._exporter.shutdown()  # ends the library's pause between two tries
            self._provider.shutdown()

    def _tracer(self) -> trace.Tracer:
        if self._provider is None:
            with self._making:
                if self._provider is None:
                    self._provider = self._make_provider()
        return self._provider.get_tracer("streamer")

    def _make_provider(self) -> TracerProvider:
        facts: dict[str, str | int] = {"host.name": socket.gethostname(), "process.pid": os.getpid()}
        if not _has_service_name():
            facts[SERVICE_NAME] = "streamer"
        provider = TracerProvider(
            resource=Resource.create(facts),
            id_generator=self._ids,
            shutdown_on_exit=False,
        )
        self._exporter = PatientExporter()
        self._processor = BatchSpanProcessor(self._exporter)
        provider.add_span_processor(self._processor)
        return provider


def _has_service_name() -> bool:
    named = os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    return bool(os.environ.get("OTEL_SERVICE_NAME")) or f"{SERVICE_NAME}=" in named


def _context_of(parent: TraceParent) -> SpanContext:
    flags = TraceFlags(TraceFlags.SAMPLED if parent.is_sampled else TraceFlags.DEFAULT)
    return SpanContext(parent.trace_id, parent.span_id, is_remote=True, trace_flags=flags)


def _parent_of(span: trace.Span) -> TraceParent | None:
    context = span.get_span_context()
    return TraceParent(context.trace_id, context.span_id, context.trace_flags.sampled) if context.is_valid else None
