"""Logging: one structlog formatter on the root handler, so that web, workers and sweeper log alike."""

import atexit
import logging
import logging.config
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from structlog.typing import EventDict

from jobs.facts import current_work
from jobs.repeats import ATTRIBUTE
from jobs.tracing.attempts import traced_now
from jobs.tracing.tracer import TRACING
from streamer_site.diagnostics.redaction import Redaction

_OWN_FIELDS = frozenset(
    (
        *("logger", "level", "timestamp", "trace_id", "span_id", "worker", "queue", "artifact_id", "media_type"),
        *("status", "error_code", "correlation_id", "reason"),
    )
)
"""The fields whose values come from Streamer alone, so that none is taken for one of the payload."""
REPEAT_SECONDS = 60.0
"""The time in which a line that may repeat is written once, in seconds."""


@dataclass
class _Told:
    """A line that was written, and those like it since then."""

    record: logging.LogRecord
    at: float
    left_out: int = 0


class RepeatFilter(logging.Filter):
    """Lets each line that is marked with ``REPEATS`` through once in ``REPEAT_SECONDS``, however its values differ.

    The number of those that were left out is written with the next one, or with any other line once the time is over.
    """

    def __init__(self, emit: Callable[[logging.LogRecord], object] = lambda record: None) -> None:
        """Create a filter. ``emit`` writes a record without asking the filter."""
        super().__init__()
        self.emit = emit
        self._told: dict[tuple[str, str], _Told] = {}
        self._renew_lock()
        os.register_at_fork(after_in_child=self._renew_lock)

    def filter(self, record: logging.LogRecord) -> bool:
        now = time.monotonic()
        if self._told:
            self.tell_left_out(now - REPEAT_SECONDS)
        if not (record.__dict__.pop(ATTRIBUTE, False) or _is_repeated_by_library(record)):
            return True
        with self._lock:
            told = self._told.get((record.name, str(record.msg)))
            if told is not None:
                told.left_out += 1
                told.record = record
                return False
            self._told[(record.name, str(record.msg))] = _Told(record, now)
            return True

    def _renew_lock(self) -> None:
        """Make the lock anew in a forked child, where no living thread may hold it."""
        self._lock = threading.Lock()

    def tell_left_out(self, before: float) -> None:
        """Forget the lines that were written before that time, and write the latest of each that was left out."""
        with self._lock:
            old = {key: told for key, told in self._told.items() if told.at <= before}
            for key, told in old.items():
                if told.left_out:  # it goes on: the next is written a whole time after this one
                    self._told[key] = _Told(told.record, time.monotonic())
                else:
                    del self._told[key]
            due = [told for told in old.values() if told.left_out]
        for told in due:
            record = logging.makeLogRecord(told.record.__dict__)
            seconds = round(REPEAT_SECONDS)
            record.msg = f"{told.record.getMessage()} ({told.left_out} more like this in {seconds} s)"
            record.args = ()
            self.emit(record)


def logging_config(*, level: str, as_json: bool, shows_payloads: bool = False) -> None:
    """Send every record, Streamer's and the libraries', to stderr: one JSON object a line, or coloured text.

    Each names the work at hand (``jobs.facts``), and the trace if there is one. Tokens are hidden, and so are the
    values of the work's payload unless ``shows_payloads``.
    """
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        _with_work,
        _without_request,
        _without_known_traceback,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    final: list[Any] = (
        [_plain_exceptions(), partial(_redacted, shows_payloads), structlog.processors.JSONRenderer()]
        if as_json
        else [
            structlog.processors.format_exc_info,
            partial(_redacted, shows_payloads),
            structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
        ]
    )
    quiet = {"level": "WARNING"}
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "structlog": {
                    "()": structlog.stdlib.ProcessorFormatter,
                    "foreign_pre_chain": shared,
                    "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *final],
                }
            },
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structlog"}},
            "root": {"handlers": ["stderr"], "level": level},
            # Access logs would contain tokens that older clients put into the query string.
            # The S3 client's log would contain the signed headers of its requests.
            "loggers": dict.fromkeys(
                (
                    *("daphne", "django.channels.server", "uvicorn.error", "uvicorn.access", "rq.worker", "asyncio"),
                    *("boto3", "botocore", "s3transfer"),
                ),
                quiet,
            ),
        }
    )
    _write_repeats_once()


def _is_repeated_by_library(record: logging.LogRecord) -> bool:
    """Tell whether RQ says, each second, that it cannot reach Redis."""
    return record.name == "rq.worker" and "could not connect" in str(record.msg)


def _tell_last(handler: logging.Handler, repeats: RepeatFilter) -> None:
    """Write at the end of the process what was left out until then."""
    if not getattr(getattr(handler, "stream", None), "closed", False):
        repeats.tell_left_out(float("inf"))


def _write_repeats_once() -> None:
    for handler in logging.getLogger().handlers:
        if not any(isinstance(one, RepeatFilter) for one in handler.filters):
            repeats = RepeatFilter(handler.emit)
            handler.addFilter(repeats)
            atexit.register(_tell_last, handler, repeats)


def _with_work(logger: Any, name: str, fields: EventDict) -> EventDict:
    """Add what the running code works on, and its trace."""
    for key, value in current_work().names.items():
        fields.setdefault(key, value)
    if TRACING.recorder is not None and (parent := traced_now()) is not None:
        fields.setdefault("trace_id", f"{parent.trace_id:032x}")
        fields.setdefault("span_id", f"{parent.span_id:016x}")
    return fields


def _redacted(shows_payloads: bool, logger: Any, name: str, fields: EventDict) -> EventDict:
    """Hide tokens and the values of the payload, but not where a line names the work."""
    names = current_work().names
    redaction = Redaction(shows_payload=shows_payloads)
    for key, value in fields.items():
        if key == "exception":
            fields[key] = redaction.traceback(value)
        elif key not in names and key not in _OWN_FIELDS:
            fields[key] = redaction.anything(value)
    return fields


def _without_request(logger: Any, name: str, fields: EventDict) -> EventDict:
    """Remove the HTTP request that Django adds to a refusal: its text is the URL, which gives access to a download."""
    fields.pop("request", None)
    return fields


def _without_known_traceback(logger: Any, name: str, fields: EventDict) -> EventDict:
    """Log Django's refusals in one line each, so that scanners cannot fill the log."""
    source = fields.get("logger", "")
    if source.startswith("django.security.") or (source == "django.request" and fields.get("status_code", 500) < 500):
        fields.pop("exc_info", None)
        fields["_record"].exc_info = None
    return fields


def _plain_exceptions() -> structlog.processors.ExceptionRenderer:
    """Format exceptions without their local variables, which may hold secrets."""
    return structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False))
