"""Turns what a handler returned or raised into the outcome of its attempt."""

import logging
import random
from datetime import timedelta
from typing import Any

import msgspec
from django.conf import settings
from django.utils import timezone

from jobs.contract.base import Handler
from jobs.contract.result import notice_misfit
from jobs.errors import (
    Cancelled,
    ErrorBody,
    ErrorCode,
    HandlerError,
    InvalidPayload,
    Stop,
    TimedOut,
    database_lost,
    disk_full,
    error_body,
)
from jobs.execution.deadlines import last_moment, timeout_error
from jobs.execution.endings.database_loss import is_database_lost
from jobs.execution.watchdog import Leaving
from jobs.files.artifacts import ArtifactStaging, describe
from jobs.full_disk import is_disk_full
from jobs.incidents import report_unexpected
from jobs.jsonable import encode_json
from jobs.log.bounds import MAX_RESULT_BYTES
from jobs.log.outcomes import CancelledOutcome, Completed, Failed, Outcome, Repeated
from jobs.queue.claims import Claim

logger = logging.getLogger(__name__)

_LEAST_ATTEMPTS = 6
"""The attempts when the database was lost, even for a handler with fewer: no attempt has failed by its own fault."""


def outcome_of_result(
    handler: Handler[Any], result: Any, staging: ArtifactStaging, *, failed_items: int = 0
) -> Completed:
    """Complete the attempt with what its handler returned; a large result becomes a file.

    Raises ``TypeError`` for a result that is not JSON.
    """
    encoded = encode_json(result)
    notice_misfit(handler, encoded)
    plain = _storable(encoded, staging, MAX_RESULT_BYTES)
    return Completed(result=plain, artifacts=[describe(row) for row in staging.rows], failed_items=failed_items)


def storable_result(result: Any, staging: ArtifactStaging, *, longest_bytes: int = MAX_RESULT_BYTES) -> Any:
    """Return the result as plain JSON, or the description of the file that takes its place when it is large."""
    return _storable(encode_json(result), staging, longest_bytes)


def _storable(encoded: bytes, staging: ArtifactStaging, longest_bytes: int) -> Any:
    if len(encoded) > min(longest_bytes, settings.STREAMER_INLINE_RESULT_BYTES):
        return staging.add_result(encoded)
    return msgspec.json.decode(encoded)


def outcome_of_error(error: BaseException, handler: Handler[Any], claim: Claim) -> Outcome | None:
    """End the attempt as the error of its handler demands; None when the attempt had lost its request."""
    if isinstance(error, Stop):
        return outcome_of_stop(error, killed=False)
    if isinstance(error, InvalidPayload):
        return Failed(error=error.body())
    if isinstance(error, HandlerError):
        return _fail_or_repeat(error.body(), handler, claim, error.retryable, error.retry_after_seconds)
    if is_disk_full(error):
        logger.error("The disk is full, so the handler of '%s' could not go on", claim.action)
        return _fail_or_repeat(disk_full(), handler, claim, True, None)
    if is_database_lost(error):
        logger.warning("The database was lost under the handler of '%s': %s", claim.action, error)
        return _fail_or_repeat(database_lost(), handler, claim, True, None, least_attempts=_LEAST_ATTEMPTS)
    body = report_unexpected(logger, f"The handler of '{claim.action}' failed", error, request_id=str(claim.request_id))
    if isinstance(error, handler.retry_on):
        return _fail_or_repeat(body, handler, claim, True, None)
    return Failed(error=body)


def outcome_of_stop(stop: Stop, *, killed: bool) -> Outcome | None:
    """End an attempt that was told to stop; None when it had lost its request."""
    if isinstance(stop, Cancelled):
        if killed:
            return CancelledOutcome.since(stop.requested_at, mode="killed")
        return CancelledOutcome.since(stop.requested_at, mode="cooperative", receipt=stop.receipt)
    if isinstance(stop, TimedOut):
        return Failed(error=timeout_error(stop))
    if isinstance(stop, Leaving):
        text = "The worker was told to stop; another one takes over"
        return Repeated(error=error_body(ErrorCode.SERVICE_UNAVAILABLE, text), retry_at=timezone.now())
    return None


def told_of(outcome: Outcome) -> dict[str, str]:
    """Return the status to which the outcome leads, and the code of its error, as traces and logs tell of it."""
    error = outcome.error if isinstance(outcome, Failed | Repeated) else None
    return {"status": str(outcome.changes()["status"]), "error_code": "" if error is None else str(error["code"])}


def dataset_name_taken() -> Failed:
    """Fail an attempt whose dataset cannot come into being under its name."""
    text = "While this dataset was made, another one took its name; take another name"
    return Failed(error=error_body(ErrorCode.PROCESSING_FAILED, text))


def _fail_or_repeat(
    error: ErrorBody,
    handler: Handler[Any],
    claim: Claim,
    retryable: bool,
    pause_seconds: float | None,
    least_attempts: int = 1,
) -> Outcome:
    policy = handler.retry
    failures = claim.errors_count + 1
    if not retryable or failures >= max(policy.max_attempts, least_attempts):
        return Failed(error=error, counts={"errors_count": 1})
    if pause_seconds is None:
        pause_seconds = random.uniform(0, policy.longest_pause_seconds(failures))
    retry_at = timezone.now() + timedelta(seconds=pause_seconds)
    last = last_moment(handler, claim.started_at)
    if last is not None and retry_at >= last:
        return Failed(error=error, counts={"errors_count": 1})
    return Repeated(error=error, retry_at=retry_at, counts={"errors_count": 1})
