"""Runs one claimed request: from the claim to exactly one outcome.

Anything that happens inside the handler becomes an outcome. Writing the outcome is fenced: an attempt that has lost
its request writes nothing. A handler that does not end when told to is ended with its process.
"""

import logging
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError
from django.db.models import Q
from django.utils import timezone

from jobs.contract.registry import find_handler
from jobs.errors import Cancelled, ErrorCode, Stop, TimedOut, error_body
from jobs.execution import watchdog
from jobs.execution.contexts import AttemptContext
from jobs.execution.deadlines import time_up
from jobs.execution.endings.early import EndingRun
from jobs.execution.endings.outcomes import (
    dataset_name_taken,
    outcome_of_error,
    outcome_of_result,
    outcome_of_stop,
    told_of,
)
from jobs.execution.endings.settling import append_with_retries, discard_files
from jobs.execution.kept_thread import KeptThread
from jobs.execution.reporter import Reporter, shown_by
from jobs.facts import describe_work, process_works_on
from jobs.log.endings import Ending, ending_of
from jobs.log.events import Draft
from jobs.log.outcomes import CancelledOutcome, Completed, Failed, Outcome, Repeated
from jobs.models import AsyncRequest
from jobs.queue.claims import Claim, lease_end
from jobs.tracing.attempts import RUNNING, TracedAttempt, run_traced
from jobs.tracing.tracer import TRACING
from jobs.usage.daily import Spent

logger = logging.getLogger(__name__)

TIMEOUT_GRACE_SECONDS = 5.0


class Runner:
    """One attempt of one request. ``end_process`` ends the process it runs in, without return.

    ``thread`` reports for it, and is kept for the next one.
    """

    def __init__(
        self,
        claim: Claim,
        *,
        end_process: Callable[[], None] = watchdog.end_process,
        thread: KeptThread | None = None,
    ) -> None:
        self._claim = claim
        self._end_process = end_process
        self._handler = find_handler(claim.action)
        self._process_ends = False
        self._thread = thread
        self._reporter = Reporter(claim, on_beat=self._watch, thread=thread)
        self._context = AttemptContext(claim, self._reporter)
        self._ending: Ending | None = None
        """The ending that this attempt has begun and is to bring about."""
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
        if self._ending is not None:
            if RUNNING.attempt is not None:
                RUNNING.attempt.enter_stage("ending")
            claim = replace(self._claim, ending=self._ending)
            EndingRun(claim, end_process=self._end_process, thread=self._thread).run()

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
            text = f"The action '{self._claim.action}' does not exist any more"
            return Failed(error=error_body(ErrorCode.INVALID_ACTION, text))
        try:
            if (late := self._time_up()) is not None:
                raise late
            result = handler.run(handler.parse(self._claim.payload), context)
            return outcome_of_result(handler, result, context.staging, failed_items=context.failed_items)
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
            self._settle(outcome_of_stop(stop, killed=True), process_ends=True)
            self._end_process()

    # --- either --------------------------------------------------------------------------------------------------

    def _settle(self, outcome: Outcome | None, *, process_ends: bool = False) -> None:
        """Log the outcome, or begin the ending that leads to it, together with the unwritten drafts.

        Try for a while if the database is away. ``process_ends``: another worker has to make the receipt.
        """
        drafts = self._reporter.close()
        if RUNNING.attempt is not None:
            RUNNING.attempt.begin_outcome()
        self._process_ends = process_ends
        completed = isinstance(outcome, Completed)
        if outcome is not None:
            completed &= self._log(outcome, drafts)
        if not completed:
            discard_files(self._context)

    def _log(self, outcome: Outcome, drafts: list[Draft]) -> bool:
        """Log the outcome. Return False when it did not become the request's outcome, or not yet."""
        ending = ending_of(self._claim.action, self._claim.attempt, outcome)
        if ending is not None:
            self._begin(ending, outcome, drafts)
            return False
        made: dict[str, Any] = {}
        if isinstance(outcome, Completed):
            made = {"artifacts": self._context.staging.rows, "datasets": self._context.datasets.rows}
        changes = {**shown_by(drafts), **self._reporter.unsaved(), **outcome.changes()}
        where = self._claim.fence & outcome.condition if isinstance(outcome, Repeated) else self._claim.fence
        try:
            if append_with_retries(self._claim, [*drafts, outcome.draft()], changes, made, where, self._spent()):
                self._note_settled(outcome)
                return True
        except IntegrityError:
            if not made.get("datasets"):
                raise
            self._log(dataset_name_taken(), drafts)
            return False
        if isinstance(outcome, Repeated) and (wish := self._cancel_wish()) is not None:
            return self._log(CancelledOutcome.since(wish, mode="cooperative"), drafts)
        return False

    def _begin(self, ending: Ending, outcome: Outcome, drafts: list[Draft]) -> None:
        """Put the request into its ending, so that it goes on to its outcome whatever becomes of this process."""
        columns = ending.queued() if self._process_ends else {**ending.begun(), "lease_until": lease_end()}
        raised = outcome.raised() if isinstance(outcome, Failed) else {}
        changes = {**shown_by(drafts), **self._reporter.unsaved(), **raised, **columns}
        # A second try, because the answer to the first was lost, must not begin it again.
        not_begun = self._claim.fence & Q(ending_until__isnull=True)
        # What this process goes on to write is counted with the ending.
        spent = self._spent() if self._process_ends else replace(self._spent(), bytes_before=None)
        if append_with_retries(self._claim, drafts, changes, {}, not_begun, spent):
            self._note_settled(outcome)
            if not self._process_ends:
                self._ending = ending

    def _note_settled(self, outcome: Outcome) -> None:
        told = told_of(outcome)
        if RUNNING.attempt is not None:
            RUNNING.attempt.settle(**told)
        logger.info("Attempt ended", extra={**told, "seconds": round(time.monotonic() - self._started, 3)})

    def _spent(self) -> Spent:
        return Spent(seconds=time.monotonic() - self._started, bytes_before=self._claim.stored_bytes)

    def _cancel_wish(self) -> datetime | None:
        """Return the time of a cancel that came too late for the handler to hear of it, else None."""
        rows = AsyncRequest.objects.filter(self._claim.fence, id=self._claim.request_id)
        return rows.values_list("cancel_requested_at", flat=True).first()


def run_claim(
    claim: Claim,
    *,
    end_process: Callable[[], None] = watchdog.end_process,
    thread: KeptThread | None = None,
    looked_ns: int | None = None,
) -> None:
    """Run the attempt that was claimed, or bring about the ending. ``thread`` is kept for the next claim.

    ``looked_ns``: Unix time in nanoseconds at which the worker began to look for work.
    """
    work = describe_work(
        request_id=claim.request_id,
        attempt=claim.attempt,
        action=claim.action,
        tenant_id=claim.tenant_id,
        client_id=claim.client_id,
        metadata=claim.metadata,
        payload=claim.payload,
    )
    kind = Runner if claim.ending is None else EndingRun
    with process_works_on(work), _traced(claim, looked_ns):
        logger.info("Attempt began" if claim.ending is None else "Ending began", extra={"queue": claim.queue})
        kind(claim, end_process=end_process, thread=thread).run()


def _traced(claim: Claim, looked_ns: int | None) -> AbstractContextManager[None]:
    if TRACING.recorder is None:
        return nullcontext()
    facts = TracedAttempt(
        request_id=claim.request_id,
        attempt=claim.attempt,
        action=claim.action,
        tenant_id=claim.tenant_id,
        queue=claim.queue,
        trace=claim.trace,
    )
    return run_traced(facts, due_at=claim.due_at, looked_ns=looked_ns, is_ending=claim.ending is not None)


def _grace_seconds(stop: Stop) -> float:
    return settings.STREAMER_CANCEL_GRACE_SECONDS if isinstance(stop, Cancelled) else TIMEOUT_GRACE_SECONDS
