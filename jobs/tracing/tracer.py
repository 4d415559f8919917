"""Opens spans. While tracing is off, that costs a look at one attribute, and nothing of OpenTelemetry is loaded."""

import os
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from jobs.tracing.span import NO_SPAN, Kind, Span, Value
from jobs.tracing.traceparent import TraceParent

if TYPE_CHECKING:
    from jobs.tracing.recorder import Recorder

ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
"""The environment variables that name the collector. Either turns tracing on."""


class Tracing:
    """The state of tracing in this process."""

    recorder: "Recorder | None" = None
    """None: tracing is off."""


TRACING: Final = Tracing()


def open_span(
    name: str,
    *,
    parent: TraceParent | None = None,
    kind: Kind = "internal",
    links: Sequence[TraceParent] = (),
    start_ns: int | None = None,
    span_id: int = 0,
    trace_id: int = 0,
    attributes: Mapping[str, Value] | None = None,
) -> Span:
    """Open a span. Without ``parent``, the innermost span of the running code is its parent, if there is one.

    ``start_ns``: Unix time in nanoseconds, if it began earlier. ``span_id``: its id, if it must be a certain one.
    ``trace_id``: the id of its trace, where it has no parent. Attributes are named as for ``Span.note``.
    """
    if TRACING.recorder is None:
        return NO_SPAN
    return TRACING.recorder.open(
        name,
        parent=parent,
        kind=kind,
        links=links,
        start_ns=start_ns,
        span_id=span_id,
        trace_id=trace_id,
        attributes=attributes or {},
    )


def current_parent() -> TraceParent | None:
    """Return the innermost span of the running code, of whichever library. None: there is none, or tracing is off."""
    return None if TRACING.recorder is None else TRACING.recorder.current()


def flush() -> None:
    """Send what was recorded, before this process ends without the interpreter's own clean-up. Takes 2 s at most."""
    if TRACING.recorder is not None:
        TRACING.recorder.flush()


def stop_tracing() -> None:
    """Send what was recorded, and turn tracing off. Takes 2 s at most, and as long again if nobody answers."""
    if TRACING.recorder is not None:
        recorder, TRACING.recorder = TRACING.recorder, None
        recorder.close()


def wants_tracing() -> bool:
    """Return True if the environment names a collector, and does not turn OpenTelemetry off."""
    is_off = os.environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    exporter = os.environ.get("OTEL_TRACES_EXPORTER", "").strip().lower()
    return any(os.environ.get(name) for name in ENDPOINTS) and not is_off and exporter != "none"


def has_extra() -> bool:
    """Return True if the packages of ``requirements-otel.txt`` are installed."""
    try:
        return all(find_spec(name) for name in ("opentelemetry.sdk", "opentelemetry.exporter.otlp.proto.http"))
    except ModuleNotFoundError:
        return False


def start_tracing() -> None:
    """Turn tracing on if the environment asks for it and the extra is installed. Starts no thread."""
    if TRACING.recorder is None and wants_tracing() and has_extra():
        from jobs.tracing.recorder import Recorder  # noqa: PLC0415  OpenTelemetry is loaded only where it is used

        TRACING.recorder = Recorder()
