"""Logging: one structlog formatter on the root handler, so that web, workers and sweeper log alike."""

import logging
import logging.config
from typing import Any

import structlog
from structlog.typing import EventDict


def logging_config(*, level: str, as_json: bool) -> None:
    """Send every record, Streamer's and the libraries', to stderr: one JSON object a line, or coloured text."""
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        _without_request,
        _without_known_traceback,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    final: list[Any] = (
        [_plain_exceptions(), structlog.processors.JSONRenderer()]
        if as_json
        else [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
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
            # Daphne's access log would contain tokens that older clients put into the query string.
            # The S3 client's log would contain the signed headers of its requests.
            "loggers": dict.fromkeys(
                ("daphne", "django.channels.server", "rq.worker", "asyncio", "boto3", "botocore", "s3transfer"), quiet
            ),
        }
    )


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
