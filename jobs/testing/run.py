"""Runs a handler in memory: from the payload to the outcome, as a worker would."""

import logging
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Unpack, cast

from django.conf import settings
from django.test.utils import override_settings
from django.utils import timezone

from jobs.contract.base import Handler, makes_receipts
from jobs.contract.result import misfit_of
from jobs.contract.submission.limit_keys import usable_key
from jobs.contract.submission.titles import usable_title
from jobs.errors import Stop
from jobs.execution.endings.outcomes import dataset_name_taken, outcome_of_error, outcome_of_result, storable_result
from jobs.files.artifacts import describe
from jobs.incidents import report_unexpected
from jobs.jsonable import encode_json, to_json
from jobs.log.endings import Ending
from jobs.log.events import Draft, Event, EventType
from jobs.log.outcomes import CancelledOutcome, Completed, Failed, Outcome
from jobs.requests.python_api.submission import AnyPayload, read_payload
from jobs.testing.context import ContextOptions, MemoryContext
from jobs.testing.handler_run import HandlerRun, RunStatus
from jobs.testing.saved import SavedArtifact, SavedDataset

logger = logging.getLogger(__name__)


class ResultMisfit(AssertionError):
    """The result does not fit the ``result_model`` of its handler. In production this is a line in the log."""


def run_handler(
    handler: type[Handler[Any]] | Handler[Any],
    payload: AnyPayload = None,
    *,
    max_attempts: int = 1,
    raise_errors: bool = False,
    sources: Mapping[str, Mapping[str, Any]] | None = None,
    **options: Unpack[ContextOptions],
) -> HandlerRun:
    """Validate ``payload`` as it would be on the wire, run the handler, and return what came of it.

    ``payload`` is JSON, or a payload object of the handler.

    Whatever the handler raises becomes the outcome, as in a worker. With ``raise_errors``, the errors (but no stops)
    are raised once the last attempt has ended, so that a test sees their traceback.

    An attempt that ends in ``retrying`` is followed by others, without a pause, until there were ``max_attempts``.
    ``sources`` are registered beside those of ``STREAMER_SOURCES`` while the handler runs. ``options`` are explained
    at ``ContextOptions``.

    Raises ``ResultMisfit`` for a result that is not what the handler's ``result_model`` says.
    """
    instance = handler() if isinstance(handler, type) else handler
    earlier: list[HandlerRun] = []
    with _registered(sources):
        run = _run_attempt(instance, payload, options, earlier)
        while run.status == "retrying" and len(earlier) + 1 < max_attempts:
            earlier.append(run)
            following = {"attempt": run.attempt + 1, "resume_state": run.resume_state, "request_id": run.request_id}
            run = _run_attempt(instance, payload, cast(ContextOptions, {**options, **following}), earlier)
    if raise_errors and run.exception is not None and not isinstance(run.exception, Stop):
        raise run.exception
    if run.status == "completed" and (misfit := misfit_of(instance, encode_json(run.returned))) is not None:
        raise ResultMisfit(misfit)
    return run


def _registered(sources: Mapping[str, Mapping[str, Any]] | None) -> AbstractContextManager[Any]:
    if not sources:
        return nullcontext()
    return override_settings(STREAMER_SOURCES={**settings.STREAMER_SOURCES, **sources})


def _run_attempt(
    handler: Handler[Any], payload: AnyPayload, options: ContextOptions, earlier: list[HandlerRun]
) -> HandlerRun:
    returned: Any = None
    title = ""
    limit_key: str | None = None
    raised: BaseException | None = None
    outcome: Outcome | None
    with MemoryContext(handler, **options) as context:
        try:
            parsed = handler.parse(read_payload(payload))
            title = context.staging.title = usable_title(handler.title(parsed))
            limit_key = usable_key(handler.limit_key(parsed))
            returned = handler.run(parsed, context)
            outcome = outcome_of_result(handler, returned, context.staging, failed_items=context.failed_items)
            if context.datasets.has_twins():
                outcome = dataset_name_taken()
        except (Exception, Stop, SystemExit) as error:  # not Ctrl-C, nor a ``pytest.fail``
            raised, outcome = error, outcome_of_error(error, handler, context.claim)
        saved = _saved(context)
        if isinstance(outcome, Failed | CancelledOutcome) and makes_receipts(handler):
            context.end_early()
            outcome = _with_receipt(outcome, handler, payload, context)
            saved += [one for one in _saved(context) if one.id not in {earlier.id for earlier in saved}]
        elif not isinstance(outcome, Completed):
            context.discard()
        ending = [] if outcome is None else [outcome.draft()]
        final = to_json(ending[0].data) if ending else {}
        drafts = [Draft(type=EventType.STARTED), *context.close(), *ending]
        artifacts, datasets = context.saved_artifacts(), context.saved_datasets()
        kept = {one.id for one in artifacts} | {one.id for one in datasets}
        return HandlerRun(
            request_id=context.request_id,
            attempt=context.attempt,
            status=_status_after(outcome),
            result=final.get("result"),
            returned=returned,
            title=title,
            failed_items=final.get("failed_items", 0),
            limit_key=limit_key,
            error=final.get("error"),
            exception=raised,
            receipt=final.get("receipt"),
            progress=tuple(context.progress),
            partials=tuple(context.partials),
            checkpoints=tuple(context.checkpoints),
            resume_state=context.checkpoints[-1] if context.checkpoints else context.resume_state,
            artifacts=tuple(artifacts),
            datasets=tuple(datasets),
            discarded=tuple(one for one in saved if one.id not in kept),
            messages=tuple(_messages(context, drafts, sum(len(run.messages) for run in earlier))),
            earlier=tuple(earlier),
        )


def _saved(context: MemoryContext) -> list[SavedArtifact | SavedDataset]:
    return [*context.saved_artifacts(), *context.saved_datasets()]


def _with_receipt(
    outcome: Failed | CancelledOutcome, handler: Handler[Any], payload: AnyPayload, context: MemoryContext
) -> Failed | CancelledOutcome:
    """Add what the handler makes of a run that ended early, as the worker that brings about its end does."""
    ending = Ending.of(outcome)
    try:
        receipt = handler.receipt(handler.parse(read_payload(payload)), context)
        if receipt is not None:
            plain = storable_result(receipt, context.staging)
            return ending.final(plain, [describe(row) for row in context.staging.rows])
    except (Exception, Stop, SystemExit) as error:
        report_unexpected(logger, f"The receipt of '{handler.action}' could not be made", error)
    context.discard()
    return ending.final()


def _status_after(outcome: Outcome | None) -> RunStatus:
    """The status that the outcome gives the request; without one, another attempt has it."""
    if outcome is None:
        return "processing"
    status: RunStatus = outcome.changes()["status"].value
    return status


def _messages(context: MemoryContext, drafts: list[Draft], last_seq: int) -> list[Mapping[str, Any]]:
    now = timezone.now()
    return [
        Event(
            request_id=context.request_id,
            client_id=None,
            seq=seq,
            type=draft.type.value,
            data=to_json({"attempt": context.attempt, **draft.data}),
            created_at=now,
        ).message()
        for seq, draft in enumerate(drafts, start=last_seq + 1)
    ]
