"""Unexpected errors: their text stays in the log, and the client gets a reference to find it there."""

import logging
import uuid
from collections.abc import Callable
from typing import Final

from jobs.errors import ErrorBody, ErrorCode, error_body
from jobs.facts import CORRELATION_KEY, current_work

BEFORE_END: Final[list[Callable[[], object]]] = []
"""Senders of error reports. A process that ends without the interpreter's own clean-up calls each of them."""


def report_unexpected(logger: logging.Logger, what: str, error: BaseException, **extra: str) -> ErrorBody:
    """Log the error with its traceback under a fresh reference, and build the answer that names only that.

    The reference begins with the client's own mark, if its message had one.
    """
    mark = current_work().names.get(CORRELATION_KEY)
    fresh = uuid.uuid4().hex[:12]
    correlation_id = fresh if mark is None else f"{mark}-{fresh}"
    logger.error("%s", what, extra={**extra, CORRELATION_KEY: correlation_id}, exc_info=error)
    text = f"Something went wrong on our side (reference {correlation_id})"
    return error_body(ErrorCode.INTERNAL_ERROR, text, details={CORRELATION_KEY: correlation_id})


def send_reports() -> None:
    """Send what waits to be reported, before this process ends at once."""
    for send in BEFORE_END:
        send()
