"""Unexpected errors: their text stays in the log, and the client gets a reference to find it there."""

import logging
import uuid

from jobs.errors import ErrorBody, ErrorCode, error_body


def report_unexpected(logger: logging.Logger, what: str, error: BaseException, **extra: str) -> ErrorBody:
    """Log the error with its traceback under a fresh reference, and build the answer that names only that."""
    correlation_id = uuid.uuid4().hex[:12]
    logger.error("%s", what, extra={**extra, "correlation_id": correlation_id}, exc_info=error)
    text = f"Something went wrong on our side (reference {correlation_id})"
    return error_body(ErrorCode.INTERNAL_ERROR, text, details={"correlation_id": correlation_id})
