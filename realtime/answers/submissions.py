"""The submissions that request messages lead to, and their acknowledgments."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from jobs.contract.submission.titles import title_of
from jobs.facts import Work, describe_work
from jobs.metrics.counters import Histogram
from jobs.requests.result_cache import look_up
from jobs.requests.submission import Accepted, Refused, Submission
from realtime.answers.router import Route
from realtime.auth import Identity
from realtime.database import in_database
from realtime.wire.messages import Request
from realtime.wire.protocol import encode, with_field

ACKNOWLEDGED = Histogram("streamer_acknowledgment_seconds", "Time in which a submission was stored or refused.", "face")

Chosen = tuple[Request, Route]
"""A request message that is queued, and where it goes."""


def submission_of(
    chosen: Chosen,
    identity: Identity,
    *,
    connection_id: UUID | None = None,
    redo_of: UUID | None = None,
    trace: str | None = None,
) -> Submission:
    """Make the submission of a message. ``redo_of``: the request that it does again. ``trace``: see ``Submission``."""
    message, route = chosen
    return Submission(
        tenant_id=identity.tenant_id,
        user_id=identity.user_id,
        client_id=message.client_id,
        connection_id=connection_id,
        cancel_on_disconnect=message.on_disconnect == "cancel",
        action=message.action,
        queue=route.handler.queue,
        payload=message.payload,
        metadata=message.metadata,
        tags=tuple(dict.fromkeys(message.tags)) if message.tags else (),
        priority=message.priority,
        expires_in_seconds=message.expires_in,
        estimated_seconds=route.estimated_seconds,
        title=title_of(route.handler, route.payload),
        limit_key=route.limit_key,
        redo_of=redo_of,
        trace=trace,
    )


def work_of(message: Request, identity: Identity) -> Work:
    """Return the work that answers a message, as the log names it."""
    return describe_work(
        action=message.action,
        tenant_id=identity.tenant_id,
        client_id=message.client_id,
        metadata=message.metadata,
        payload=message.payload,
    )


async def with_known_results(submissions: Sequence[Submission], chosen: Sequence[Chosen]) -> Sequence[Submission]:
    """Add the cached result, if any, to each. Without a handler that uses the cache, this costs nothing."""
    if all(route.handler.cache_seconds is None for _, route in chosen):
        return submissions
    return await in_database(lambda: [_with_cache(one, *pair) for one, pair in zip(submissions, chosen, strict=True)])


def _with_cache(submission: Submission, message: Request, chosen: Route) -> Submission:
    owner = {"tenant_id": submission.tenant_id, "user_id": submission.user_id}
    found = look_up(chosen.handler, chosen.payload, **owner, fresh=not message.cache)
    return replace(submission, cache_key=found.key, cached=found.outcome)


def is_new(outcome: Accepted | Refused) -> bool:
    """Return True if the submission was stored."""
    return isinstance(outcome, Accepted) and not outcome.duplicate


def acknowledgment(message: Request, accepted: Accepted, warnings: Sequence[Mapping[str, str]]) -> str:
    """Encode the message that says that a request is committed."""
    text = "This request was accepted before" if accepted.duplicate else "The request is queued"
    if accepted.cached:
        text = "The result is known already"
    return encode(
        "acknowledgment",
        message.client_id,
        **message.place,
        request_id=accepted.request_id,
        status="queued",
        message=text,
        duplicate=accepted.duplicate,
        position=accepted.position,
        estimated_seconds=round(accepted.estimated_seconds, 3),
        title=accepted.title,
        **({"warnings": warnings} if warnings else {}),
    )


def with_warnings(final: str, warnings: Sequence[Mapping[str, str]]) -> str:
    """Add what its acknowledgment would have said to the final message of a request, encoded already."""
    return with_field(final, "warnings", warnings) if warnings else final
