"""Sends spans to a collector with OTLP over HTTP. One that does not answer costs a line of the log a minute.

What is known of the collector is in memory that forked processes share, so that not each of them finds out for itself.
"""

import logging
import mmap
import struct
import time
from collections.abc import Sequence
from typing import Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

logger = logging.getLogger(__name__)

PAUSE_SECONDS: Final = 15.0
"""The time after a failure in which the collector is not asked again, in seconds."""
TELL_SECONDS: Final = 60.0
_MAX_REASON = 400
_LIBRARY = ("opentelemetry.exporter", "opentelemetry.sdk")
_FAILED, _TOLD, _LOST = 0, 8, 16
# All times are CLOCK_MONOTONIC, 0 is never.
_shared = mmap.mmap(-1, 24)


class _FirstReason(logging.Handler):
    """Keeps what the library says first about a failure: the rest is about its own tries."""

    text = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.text = self.text or record.getMessage()


_reason = _FirstReason()


def quieten_library() -> None:
    """Keep the library's own lines out of the log."""
    for name in _LIBRARY:
        library = logging.getLogger(name)
        library.propagate = False
        library.handlers = [_reason]


class PatientExporter(SpanExporter):
    """The SDK's exporter, asked no more than now and then while the collector does not take anything."""

    def __init__(self, inner: SpanExporter | None = None) -> None:
        self._inner = inner or OTLPSpanExporter()
        self._is_closed = False

    @property
    def is_failing(self) -> bool:
        return _read(_FAILED) > 0

    @property
    def is_paused(self) -> bool:
        return self.is_failing and time.monotonic() < _read(_FAILED) + PAUSE_SECONDS

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        if self._is_closed or self.is_paused:
            _write(_LOST, _read(_LOST) + len(spans))
            return SpanExportResult.FAILURE
        if self.is_failing:
            _write(_FAILED, time.monotonic())  # one asks; the others go on waiting
        _reason.text = ""
        if self._inner.export(spans) is SpanExportResult.SUCCESS:
            if self.is_failing:
                logger.info("Traces are exported again")
            forget_failures()
            return SpanExportResult.SUCCESS
        _write(_LOST, _read(_LOST) + len(spans))
        self._note_failure(_reason.text)
        return SpanExportResult.FAILURE

    def note_slow(self) -> None:
        """Note that the collector did not take what was sent in the time that there is at the end of a process."""
        self._note_failure(_reason.text or "it takes too long")

    def shutdown(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            self._inner.shutdown()

    def _note_failure(self, reason: str) -> None:
        now = time.monotonic()
        _write(_FAILED, now)
        told = _read(_TOLD)
        if told and now < told + TELL_SECONDS:
            return
        _write(_TOLD, now)
        lost = round(_read(_LOST))
        _write(_LOST, 0)
        logger.warning("Traces are not exported: %s", reason[:_MAX_REASON], extra={"spans_lost": lost})


def forget_failures() -> None:
    """Take the collector to be well."""
    for offset in (_FAILED, _TOLD, _LOST):
        _write(offset, 0)


def _write(offset: int, value: float) -> None:
    struct.pack_into("d", _shared, offset, value)


def _read(offset: int) -> float:
    return float(struct.unpack_from("d", _shared, offset)[0])
