"""Runs one claimed request: from the claim to exactly one outcome.

Anything that happens inside the handler becomes an outcome. Writing the outcome is fenced: an attempt that has lost
its request writes nothing. A handler that does not end when told to is ended with its process.
"""

import logging
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import IntegrityError, connections
from django.db.models import Q
from django.utils import timezone

from jobs.contract.registry import find_handler
from jobs.errors import Cancelled, ErrorCode, Stop, TimedOut, error_body
from jobs.execution import watchdog
from jobs.execution.contexts import AttemptContext
from jobs.execution.deadlines import time_up
from jobs.execution.endings import dataset_name_taken, outcome_of_error, outcome_of_result, outcome_of_stop
from jobs.execution.reporter import Reporter, shown_by
from jobs.log.events import Draft, NotOwner, append
from jobs.log.outcomes import CancelledOutcome, Completed, Failed, Outcome, Repeated
from jobs.models import AsyncRequest
from jobs.queue.claims import Claim

logger = logging.getLogger(__name__)

TIMEOUT_GRACE_SECONDS = 5.0
_SETTLE_SECONDS = 60.0


class Runner:
    """One attempt of one request. ``end_process`` ends the process it runs in, without return."""

    def __init__(self, claim: Claim, *, end_process: Callable[[], None] = watchdog.end_process) -> None:
        self._claim = claim
        self._end_process = end_process
        self._handler = find_handler(claim.action)
        self._reporter = Reporter(claim, on_beat=self._watch)
        self._context = AttemptContext(claim, self._reporter)
        self._started = time.monotonic()
        self._spent_before = (timezone.now() - claim.started_at).total_seconds()

    def run(self) -> None:
        with self._context:
            watchdog.arm(self._seconds_left + TIMEOUT_GRACE_SECONDS + settings.STREAMER_LEASE_SECONDS)
            self._reporter.start()
            try:
                self._settle(self._execute(self._context))
            finally:
                self._reporter.close()
                watchdog.disarm()

    @property
    def _seconds_left(self) -> float:
        """Return the seconds for which the attempt can still run at most."""
        if self._handler is None:
            return 0.0
        total = self._handler.total_seconds
        attempt = self._handler.timeout_seconds
        return attempt if total is None else max(0.0, min(attempt, total - self._spent_before))

    def _time_up(self) -> TimedOut | None:
        if self._handler is None:
            return None
        seconds = time.monotonic() - self._started
        return time_up(
            self._handler,
            total_seconds=self._spent_before + seconds,
            attempt_seconds=seconds,
            silent_seconds=self._reporter.silent_seconds(),
        )

    # --- the handler's thread ------------------------------------------------------------------------------------

    def _execute(self, context: AttemptContext) -> Outcome | None:
        """Run the handler. Return None when the attempt has lost the request."""
        handler = self._handler
        if handler is None:
            text = f"No handler here does '{self._claim.action}' any more"
            return Failed(error=error_body(ErrorCode.INVALID_ACTION, text))
        try:
            if (late := self._time_up()) is not None:
                raise late
            return outcome_of_result(handler.run(handler.parse(self._claim.payload), context), context.staging)
        except BaseException as error:  # SystemExit too: it ends the handler, not the worker
            return outcome_of_error(error, handler, self._claim)

    # --- the reporter's thread -----------------------------------------------------------------------------------

    def _watch(self) -> None:
        """Order a stop when the time is up, and end the process when the handler does not stop within the grace."""
        watchdog.beat()
        if (late := self._time_up()) is not None:
            self._reporter.stop_handler(late)
        elif watchdog.is_leaving(settings.STREAMER_STOP_GRACE_SECONDS):
            self._reporter.stop_handler(watchdog.Leaving())
        stop, seconds = self._reporter.stop_order()
        if stop is not None and seconds > _grace_seconds(stop):
            self._settle(outcome_of_stop(stop, killed=True))
            self._end_process()

    # --- either --------------------------------------------------------------------------------------------------

    def _settle(self, outcome: Outcome | None) -> None:
        """Log the outcome together with the unwritten drafts. Try for a while if the database is away."""
        drafts = self._reporter.close()
        completed = isinstance(outcome, Completed)
        if outcome is not None:
            completed &= self._log(outcome, drafts)
        if not completed:
            watchdog.disarm()  # nothing waits for this any more, so a slow storage does no harm
            try:
                self._context.discard()
            except Exception:  # any error of a storage: the outcome stands, and the file is an orphan
                logger.exception("Files of %s could not be deleted", self._claim.request_id)

    def _log(self, outcome: Outcome, drafts: list[Draft]) -> bool:
        """Log the outcome. Return False when it did not become the request's outcome."""
        made: dict[str, Any] = {}
        if isinstance(outcome, Completed):
            made = {"artifacts": self._context.staging.rows, "datasets": self._context.datasets.rows}
        changes = {**shown_by(drafts), **self._reporter.unsaved(), **outcome.changes()}
        where = self._claim.fence & outcome.condition if isinstance(outcome, Repeated) else self._claim.fence
        try:
            if _append_with_retries(self._claim, [*drafts, outcome.draft()], changes, made, where):
                return True
        except IntegrityError:
            if not made.get("datasets"):
                raise
            self._log(dataset_name_taken(), drafts)
            return False
        if isinstance(outcome, Repeated) and (wish := self._cancel_wish()) is not None:
            return self._log(CancelledOutcome.since(wish, mode="cooperative"), drafts)
        return False

    def _cancel_wish(self) -> datetime | None:
        """Return the time of a cancel that came too late for the handler to hear of it, else None."""
        rows = AsyncRequest.objects.filter(self._claim.fence, id=self._claim.request_id)
        return rows.values_list("cancel_requested_at", flat=True).first()


def _grace_seconds(stop: Stop) -> float:
    return settings.STREAMER_CANCEL_GRACE_SECONDS if isinstance(stop, Cancelled) else TIMEOUT_GRACE_SECONDS


def _append_with_retries(claim: Claim, drafts: Any, changes: Any, made: Mapping[str, Any], where: Q) -> bool:
    """Append. Return False when the row did not meet ``where``. ``made``: rows to insert with the events."""
    give_up_at = time.monotonic() + _SETTLE_SECONDS
    unsure = False
    while True:
        try:
            append(claim.request_id, drafts, where=where, changes=changes, **made)
            return True
        except NotOwner:
            # A commit may have held although its answer was lost.
            ended = AsyncRequest.objects.filter(id=claim.request_id, attempt=claim.attempt, status=changes["status"])
            return unsure and ended.exists()
        except IntegrityError:
            raise
        except DatabaseError as error:
            unsure = True
            if time.monotonic() > give_up_at:
                raise
            logger.warning("The outcome of %s waits for the database: %s", claim.request_id, error)
            connections.close_all()
            watchdog.beat()
            time.sleep(0.5)
