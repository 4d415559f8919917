"""Spans, and their way to a collector: on, off, across a fork, and with a collector that is away."""

import logging
import os
import subprocess
import sys
import time

import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace.export import SpanExportResult

from jobs.tracing import exporter, recorder
from jobs.tracing.exporter import PatientExporter
from jobs.tracing.span import NO_SPAN
from jobs.tracing.traceparent import read_traceparent
from jobs.tracing.tracer import TRACING, current_parent, flush, open_span, start_tracing
from tests.collector import Collector
from tests.local.waiting import eventually

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_it_works(collector: Collector) -> None:
    with open_span("outer", parent=read_traceparent(PARENT), attributes={"action": "echo"}) as outer:
        inner = open_span("inner", parent=outer.parent)
        inner.note(rows=7)
        inner.end(error_code="TIMEOUT")
    flush()
    eventually(lambda: len(collector.spans) == 2, "both spans came")
    first, second = sorted(collector.spans, key=lambda one: one.started_ns)
    assert (first.name, first.trace_id, first.parent_id) == ("outer", PARENT[3:35], PARENT[36:52])
    assert (second.name, second.trace_id, second.parent_id) == ("inner", first.trace_id, first.span_id)
    assert first.attributes == {"streamer.action": "echo"} and not first.failed
    assert second.attributes == {"streamer.rows": 7, "streamer.error_code": "TIMEOUT"} and second.failed
    assert first.resource["service.name"] == "streamer" and first.resource["process.pid"] == os.getpid()


def test_what_is_opened_inside_by_any_library_belongs_to_the_span(collector: Collector) -> None:
    with open_span("outer") as outer, outer.current():
        assert current_parent() == outer.parent
        open_span("inner").end()
    assert current_parent() is None
    flush()
    eventually(lambda: len(collector.spans) == 2, "both spans came")
    assert len({one.trace_id for one in collector.spans}) == 1


def test_the_text_of_an_error_is_not_sent(collector: Collector) -> None:
    with pytest.raises(ValueError, match="hunter2"), open_span("outer") as outer, outer.current():
        raise ValueError("hunter2")
    flush()
    eventually(lambda: collector.spans, "the span came")
    assert collector.spans[0].failed and collector.spans[0].attributes == {"streamer.error_code": "ValueError"}
    assert not [body for body in collector.bodies if b"hunter2" in body]


def test_a_parent_that_is_not_sampled_is_kept_but_nothing_is_sent(collector: Collector) -> None:
    span = open_span("quiet", parent=read_traceparent(f"{PARENT[:-2]}00"))
    assert str(span.parent).startswith(PARENT[:35]) and str(span.parent).endswith("-00")
    span.end()
    open_span("loud").end()
    flush()
    eventually(lambda: collector.spans, "the other span came")
    assert [one.name for one in collector.spans] == ["loud"]


def test_spans_of_a_forked_child_arrive_before_it_ends_at_once(
    collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "FLUSH_SECONDS", 30.0)  # what is not exported by then would be lost with the child
    open_span("parent").end()
    child = os.fork()
    if child == 0:
        try:
            open_span("child").end()
            flush()
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    eventually(lambda: "child" in [one.name for one in collector.spans], "the span of the child came")
    flush()
    eventually(lambda: len(collector.spans) == 2, "each came once")
    assert {one.resource["process.pid"] for one in collector.spans} == {os.getpid(), child}


def test_a_collector_that_is_away_costs_one_line_and_little_time(
    collector: Collector, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "1")
    away = PatientExporter()
    assert away.export([]) is SpanExportResult.FAILURE and away.is_paused
    monkeypatch.setattr(OTLPSpanExporter, "export", lambda *_: pytest.fail("it is asked again"))
    for _ in range(100):
        away.export([])
    (record,) = [one for one in caplog.records if one.name == exporter.logger.name]
    assert record.getMessage().startswith("Traces are not exported: ")
    assert not logging.getLogger("opentelemetry.exporter").propagate, "the library has no lines of its own"


def test_a_collector_that_is_back_gets_what_comes_from_then_on(
    collector: Collector, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(exporter, "PAUSE_SECONDS", 0.0)
    exporter._write(exporter._FAILED, time.monotonic())
    open_span("late").end()
    with caplog.at_level(logging.INFO):
        flush()
        eventually(lambda: collector.spans, "the span came")
        eventually(lambda: "Traces are exported again" in caplog.text, "it is told")


@pytest.mark.parametrize("name", ["OTEL_SDK_DISABLED", "OTEL_TRACES_EXPORTER"])
def test_the_variables_of_the_library_turn_it_off(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv(name, {"OTEL_SDK_DISABLED": "true"}.get(name, "none"))
    start_tracing()
    assert TRACING.recorder is None


def test_without_a_collector_nothing_is_loaded() -> None:
    # The Redis client loads a part of OpenTelemetry by itself where it is installed.
    code = """
import sys, django
django.setup()
import jobs.execution.runner
from jobs.tracing.tracer import TRACING
assert TRACING.recorder is None and "jobs.tracing.recorder" not in sys.modules
names = ("opentelemetry.sdk.trace", "opentelemetry.exporter", "sentry_sdk")
loaded = [name for name in sys.modules if name.startswith(names)]
assert not loaded, loaded
"""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    environment["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=100)
    assert open_span("nothing") is NO_SPAN and NO_SPAN.parent is None
