"""Logging: one structlog formatter on the root handler, so web, workers and sweeper read alike."""

import logging
import logging.config
from typing import Any

import structlog
from structlog.typing import EventDict


def logging_config(*, level: str, as_json: bool) -> None:
    """Send every record, ours and the libraries', to stderr; one JSON object a line, or coloured text."""
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
            # Daphne's access log would write down tokens that older clients put into the query string.
            # The S3 client's would write down the signed headers of its requests.
            "loggers": dict.fromkeys(
                ("daphne", "django.channels.server", "rq.worker", "asyncio", "boto3", "botocore", "s3transfer"), quiet
            ),
        }
    )


def _without_request(logger: Any, name: str, fields: EventDict) -> EventDict:
    """Django adds the HTTP request to a refusal, and its text is the whole URL: that of a download is a key to it."""
    fields.pop("request", None)
    return fields


def _without_known_traceback(logger: Any, name: str, fields: EventDict) -> EventDict:
    """What Django refuses takes one line: whoever scans the net, or tries doors, must not fill the log."""
    source = fields.get("logger", "")
    if source.startswith("django.security.") or (source == "django.request" and fields.get("status_code", 500) < 500):
        fields.pop("exc_info", None)
        fields["_record"].exc_info = None
    return fields


def _plain_exceptions() -> structlog.processors.ExceptionRenderer:
    """Exceptions without their local variables: secrets are among those."""
    return structlog.processors.ExceptionRenderer(structlog.tracebacks.ExceptionDictTransformer(show_locals=False))
