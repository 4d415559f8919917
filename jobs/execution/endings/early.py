"""Brings about one ending: a worker makes the receipt of a request that ends early, and writes its final event.

A receipt that cannot be made does not hold up the end. One that may be made later is handed on, until the time of the
ending is over, when the sweeper ends the request without it.
"""

import logging
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from jobs.contract.base import Handler
from jobs.contract.registry import find_handler
from jobs.errors import HandlerError, Stop
from jobs.execution import watchdog
from jobs.execution.contexts import EndingContext
from jobs.execution.endings.outcomes import storable_result
from jobs.execution.endings.settling import append_with_retries, discard_files
from jobs.execution.kept_thread import KeptThread
from jobs.execution.reporter import Reporter
from jobs.files.artifacts import describe
from jobs.incidents import report_unexpected
from jobs.log.bounds import MAX_RECEIPT_BYTES
from jobs.log.endings import EarlyOutcome
from jobs.queue.claims import Claim
from jobs.usage.daily import Spent

logger = logging.getLogger(__name__)

STOP_GRACE_SECONDS = 5.0
_PAUSE_SECONDS = 2.0


class EndingRun:
    """One try at a receipt. ``end_process`` and ``thread`` are as for ``Runner``."""

    def __init__(
        self,
        claim: Claim,
        *,
        end_process: Callable[[], None] = watchdog.end_process,
        thread: KeptThread | None = None,
    ) -> None:
        assert claim.ending is not None
        self._claim = claim
        self._ending = claim.ending
        self._end_process = end_process
        self._started = time.monotonic()
        self._reporter = Reporter(claim, on_beat=self._watch, thread=thread)
        self._context = EndingContext(claim, self._reporter)

    def run(self) -> None:
        with self._context:
            watchdog.arm(self._seconds_left + STOP_GRACE_SECONDS + settings.STREAMER_LEASE_SECONDS)
            self._reporter.start()
            try:
                self._finish()
            finally:
                self._reporter.close()
                watchdog.disarm()

    @property
    def _seconds_left(self) -> float:
        return max(0.0, (self._ending.until - timezone.now()).total_seconds())

    def _finish(self) -> None:
        handler = find_handler(self._claim.action)
        try:
            outcome = self._ending.final() if handler is None else self._outcome(handler)
        except watchdog.Leaving:
            self._hand_on(pause_seconds=0.0)
            return
        except Stop:  # the request has ended without the receipt
            discard_files(self._context)
            return
        except BaseException as error:  # SystemExit too: it ends the receipt, not the worker
            if _may_pass(error, handler):
                logger.warning("The receipt of %s has to wait: %s", self._claim.request_id, error)
                self._hand_on(pause_seconds=_PAUSE_SECONDS)
                return
            what = f"The receipt of '{self._claim.action}' could not be made"
            report_unexpected(logger, what, error, request_id=str(self._claim.request_id))
            discard_files(self._context)
            outcome = self._ending.final()
        if not self._write(outcome.changes(), outcome):
            discard_files(self._context)

    def _outcome(self, handler: Handler[Any]) -> EarlyOutcome:
        """Have the handler make the receipt, and return the outcome with it."""
        receipt = handler.receipt(handler.parse(self._claim.payload), self._context)
        if receipt is None:
            self._context.discard()
            return self._ending.final()
        plain = storable_result(receipt, self._context.staging, longest_bytes=MAX_RECEIPT_BYTES)
        return self._ending.final(plain, [describe(row) for row in self._context.staging.rows])

    def _hand_on(self, *, pause_seconds: float) -> None:
        discard_files(self._context)
        self._write(self._ending.queued(pause_seconds=pause_seconds), None)

    def _write(self, changes: dict[str, Any], outcome: EarlyOutcome | None) -> bool:
        """Write the outcome, or only the columns. Return False when the request has ended, or went on, without it."""
        self._reporter.close()
        drafts = [] if outcome is None else [outcome.draft()]
        made = {} if outcome is None else {"artifacts": self._context.staging.rows}
        spent = Spent(seconds=time.monotonic() - self._started, bytes_before=self._claim.stored_bytes)
        return append_with_retries(self._claim, drafts, changes, made, self._claim.fence, spent)

    def _watch(self) -> None:
        """Stop the handler when the worker has to leave, and end the process if it does not stop within the grace."""
        watchdog.beat()
        if watchdog.is_leaving(settings.STREAMER_STOP_GRACE_SECONDS):
            self._reporter.stop_handler(watchdog.Leaving())
        stop, seconds = self._reporter.stop_order()
        if stop is None or seconds <= STOP_GRACE_SECONDS:
            return
        if isinstance(stop, watchdog.Leaving):
            self._write(self._ending.queued(), None)
        self._end_process()


def _may_pass(error: BaseException, handler: Handler[Any] | None) -> bool:
    """Return True if the same receipt can be made later."""
    if isinstance(error, HandlerError):
        return error.retryable
    passing = handler.retry_on if handler else ()
    return isinstance(error, (OperationalError, InterfaceError, *passing))
