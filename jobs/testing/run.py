"""Runs a handler in memory: from the payload to the outcome, as a worker would."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Unpack, cast

from django.conf import settings
from django.test.utils import override_settings
from django.utils import timezone

from jobs.contract.base import Handler
from jobs.errors import Stop
from jobs.execution.endings import dataset_name_taken, outcome_of_error, outcome_of_result
from jobs.jsonable import to_json
from jobs.log.events import Draft, Event, EventType
from jobs.log.outcomes import Completed, Outcome
from jobs.requests.python_submission import AnyPayload, read_payload
from jobs.testing.context import ContextOptions, MemoryContext
from jobs.testing.handler_run import HandlerRun, RunStatus
from jobs.testing.saved import SavedArtifact, SavedDataset


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
    return run


def _registered(sources: Mapping[str, Mapping[str, Any]] | None) -> AbstractContextManager[Any]:
    if not sources:
        return nullcontext()
    return override_settings(STREAMER_SOURCES={**settings.STREAMER_SOURCES, **sources})


def _run_attempt(
    handler: Handler[Any], payload: AnyPayload, options: ContextOptions, earlier: list[HandlerRun]
) -> HandlerRun:
    returned: Any = None
    raised: BaseException | None = None
    outcome: Outcome | None
    with MemoryContext(handler, **options) as context:
        try:
            returned = handler.run(handler.parse(read_payload(payload)), context)
            outcome = outcome_of_result(returned, context.staging)
            if context.datasets.has_twins():
                outcome = dataset_name_taken()
        except (Exception, Stop, SystemExit) as error:  # not Ctrl-C, nor a ``pytest.fail``
            raised, outcome = error, outcome_of_error(error, handler, context.claim)
        ending = [] if outcome is None else [outcome.draft()]
        final = to_json(ending[0].data) if ending else {}
        drafts = [Draft(type=EventType.STARTED), *context.close(), *ending]
        saved: list[SavedArtifact | SavedDataset] = [*context.saved_artifacts(), *context.saved_datasets()]
        if not isinstance(outcome, Completed):
            context.discard()
        artifacts, datasets = context.saved_artifacts(), context.saved_datasets()
        kept = {one.id for one in artifacts} | {one.id for one in datasets}
        return HandlerRun(
            request_id=context.request_id,
            attempt=context.attempt,
            status=_status_after(outcome),
            result=final.get("result"),
            returned=returned,
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
