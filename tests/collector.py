"""A small server that takes what Streamer exports: spans (OTLP over HTTP) and error reports (Sentry's envelopes)."""

import gzip
import json
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from jobs.tracing.tracer import ENDPOINTS, TRACING, start_tracing, stop_tracing

_MS = 1_000_000


@dataclass(frozen=True, kw_only=True)
class CollectedSpan:
    """A span as the collector got it. Ids are hexadecimal; times are Unix nanoseconds."""

    name: str
    trace_id: str
    span_id: str
    parent_id: str
    started_ns: int
    ended_ns: int
    attributes: dict[str, Any]
    resource: dict[str, Any]
    links: tuple[str, ...]
    failed: bool

    @property
    def kind(self) -> str:
        """The first word of the name."""
        return self.name.partition(" ")[0]


@dataclass
class Collector:
    """All that came so far."""

    url: str = ""
    spans: list[CollectedSpan] = field(default_factory=list)
    reports: list[dict[str, Any]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    """Everything that came, as bytes, so that a test can look for what must not be there."""

    @property
    def sentry_dsn(self) -> str:
        return f"{self.url.replace('://', '://publickey@')}/1"

    def trace(self, trace_id: str) -> list[CollectedSpan]:
        """List the spans of a trace, the earliest first."""
        return sorted((one for one in self.spans if one.trace_id == trace_id), key=lambda one: one.started_ns)

    def of_request(self, request_id: str) -> list[CollectedSpan]:
        """List the spans of the trace that the request is in."""
        ids = {one.trace_id for one in self.spans if one.attributes.get("streamer.request_id") == request_id}
        return self.trace(next(iter(ids))) if ids else []


@contextmanager
def traced_process(monkeypatch: pytest.MonkeyPatch) -> Iterator["Collector"]:
    """Trace in this process, and collect what is sent."""
    for name in (*ENDPOINTS, "OTEL_SDK_DISABLED", "OTEL_TRACES_EXPORTER"):
        monkeypatch.delenv(name, raising=False)
    with run_collector() as collector:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
        start_tracing()
        assert TRACING.recorder is not None
        yield collector
        stop_tracing()


@contextmanager
def run_collector() -> Iterator[Collector]:
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            collector.bodies.append(body)
            if self.path == "/v1/traces":
                collector.spans += _spans_of(body)
            else:
                collector.reports += _reports_of(body)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Write nothing to the output of the tests."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    collector.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield collector
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def tree_of(spans: Sequence[CollectedSpan]) -> str:
    """Draw a trace: a line for each span, indented below its parent, with its duration and process."""
    known = {one.span_id for one in spans}
    first = min(one.started_ns for one in spans)

    def lines(parent_id: str, depth: int) -> Iterator[str]:
        for one in spans:
            if one.parent_id == parent_id or (depth == 0 and one.parent_id not in known):
                at, lasted = (one.started_ns - first) / _MS, (one.ended_ns - one.started_ns) / _MS
                links = f" links={len(one.links)}" if one.links else ""
                failed = f" FAILED {one.attributes.get('streamer.error_code', '')}" if one.failed else ""
                process = one.resource.get("process.pid")
                name = "  " * depth + one.name
                yield f"{name:34} +{at:8.1f} ms {lasted:8.1f} ms  process {process}{links}{failed}"
                yield from lines(one.span_id, depth + 1)

    return "\n".join(lines("", 0))


def _spans_of(body: bytes) -> Iterator[CollectedSpan]:
    for group in ExportTraceServiceRequest.FromString(body).resource_spans:
        resource = _plain(group.resource.attributes)
        for scope in group.scope_spans:
            for span in scope.spans:
                yield CollectedSpan(
                    name=span.name,
                    trace_id=span.trace_id.hex(),
                    span_id=span.span_id.hex(),
                    parent_id=span.parent_span_id.hex(),
                    started_ns=span.start_time_unix_nano,
                    ended_ns=span.end_time_unix_nano,
                    attributes=_plain(span.attributes),
                    resource=resource,
                    links=tuple(link.span_id.hex() for link in span.links),
                    failed=span.status.code == span.status.STATUS_CODE_ERROR,
                )


def _plain(attributes: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in attributes}


def _reports_of(body: bytes) -> Iterator[dict[str, Any]]:
    """Read the events of an envelope: a line of JSON about it, then for each item a line about it and its content."""
    lines = body.split(b"\n")
    for head, content in zip(lines[1::2], lines[2::2], strict=False):
        if head and json.loads(head).get("type") == "event":
            yield json.loads(content)
