"""Submit requests from Python code, inside its transaction or outside of one.

RequestRefused           nothing was stored; ``error`` is what a socket would have been told
├── UnknownAction        no handler here does the action
├── DailyQuotaUsedUp     the tenant has used up a daily quota; it may go on at midnight UTC
├── DuplicateRequest     the idempotency key belongs to a request that differs
└── TooManyWaiting       the user has as many requests waiting as are allowed
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Required, TypedDict, Unpack
from uuid import UUID

import msgspec
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import transaction

from jobs.contract.base import Handler, Payload, refuse_left_out
from jobs.contract.registry import find_handler
from jobs.contract.submission.limit_keys import LimitKeyFault, limit_key_of
from jobs.contract.submission.titles import title_of
from jobs.errors import ErrorBody, ErrorCode, InvalidPayload, error_body
from jobs.jsonable import MAX_METADATA_BYTES, MAX_TAG_CHARACTERS, MAX_TAGS, is_storable
from jobs.requests.after_commit import tell
from jobs.requests.python_api.handle import RequestHandle
from jobs.requests.python_api.strict_json import read_json
from jobs.requests.result_cache import look_up
from jobs.requests.submission import Refused, Submission, submit_many
from jobs.tracing.traceparent import read_traceparent
from jobs.tracing.tracer import open_span

MAX_PRIORITY = 3600
MAX_EXPIRY_SECONDS = 7 * 24 * 3600
_MAX_CHARACTERS = {"user_id": 150, "tenant_id": 128, "idempotency_key": 128, "tag": MAX_TAG_CHARACTERS}
AnyPayload = Payload | Mapping[str, Any] | None
"""None: no arguments."""


class RequestRefused(Exception):
    """The request was refused and nothing was stored. The surrounding transaction can still be used."""

    def __init__(self, error: ErrorBody) -> None:
        super().__init__(error["message"])
        self.error = error

    def body(self) -> ErrorBody:
        """Return the error as a client should get it."""
        return self.error


class UnknownAction(RequestRefused):
    """No handler that ``STREAMER_HANDLERS`` names, and no built-in one, has this action."""


class DuplicateRequest(RequestRefused):
    """The idempotency key belongs to a request with another action or payload."""

    @property
    def fields(self) -> list[str]:
        """The paths at which the two requests differ."""
        return list(self.error["details"]["fields"])

    @property
    def request_id(self) -> UUID:
        """The request that has the key."""
        return UUID(self.error["details"]["request_id"])


class TooManyWaiting(RequestRefused):
    """The user has ``STREAMER_MAX_WAITING_PER_USER`` requests waiting."""


class DailyQuotaUsedUp(RequestRefused):
    """The tenant has used up a daily quota, which ``quota`` names. It may go on at midnight UTC."""

    @property
    def quota(self) -> str:
        """The quota: ``requests``, ``worker_seconds`` or ``bytes_written``."""
        return str(self.error["details"]["quota"])


class SubmitOptions(TypedDict, total=False):
    """The keyword arguments of every ``submit``. A value out of its limits raises ``ValueError``."""

    user_id: Required[str]
    """The owner of the request: the ``sub`` of that user's tokens."""
    tenant_id: Required[str]
    idempotency_key: str | None
    """The same key and payload of a user give the first request again. None: every call makes one."""
    metadata: Mapping[str, Any]
    """JSON that is returned, unchanged, with the state of the request."""
    tags: Sequence[str]
    """At most ``MAX_TAGS`` texts of 1 to ``MAX_TAG_CHARACTERS`` characters, by which the user finds it in lists."""
    priority: int
    """Seconds of head start in the queue, at most ``MAX_PRIORITY``."""
    expires_in_seconds: float | None
    """The request fails with EXPIRED when it has not started by then. At most ``MAX_EXPIRY_SECONDS``."""
    fresh: bool
    """True: have it run, though ``cache_seconds`` would allow an earlier result."""
    unlimited: bool
    """True: store it however many of the user's requests are waiting."""


def submit(action: str, payload: AnyPayload = None, **options: Unpack[SubmitOptions]) -> RequestHandle:
    """Store a request, with the rows of the surrounding transaction or at once, and return its handle.

    Workers and followers hear of it after the commit. Raises ``InvalidPayload`` and ``RequestRefused``.
    """
    handler = find_handler(action)
    if handler is None:
        raise UnknownAction(error_body(ErrorCode.INVALID_ACTION, f"There is no action '{action}'"))
    submission = _submission(handler, payload, **options)
    named = read_traceparent(submission.metadata.get("traceparent"))
    with open_span("submit", parent=named, kind="producer", attributes={"action": action}) as span:
        submission = replace(submission, trace=None if span.parent is None else str(span.parent))
        (outcome,) = submit_many([submission])
    if isinstance(outcome, Refused):
        raise _refusal(outcome.error)
    transaction.on_commit(lambda: tell([submission], [outcome]), robust=True)
    return RequestHandle(id=outcome.request_id, created=not outcome.duplicate)


async def asubmit(action: str, payload: AnyPayload = None, **options: Unpack[SubmitOptions]) -> RequestHandle:
    return await sync_to_async(submit)(action, payload, **options)


class Submittable:
    """Lets a handler class be submitted."""

    action: ClassVar[str]

    @classmethod
    def submit(cls, payload: AnyPayload = None, **options: Unpack[SubmitOptions]) -> RequestHandle:
        """Have this handler run by a worker: as ``submit`` with its action."""
        handler: object = find_handler(cls.action)
        if type(handler) is not cls:
            text = f"{cls.__qualname__} is no handler that STREAMER_HANDLERS names, so no worker would run it"
            raise UnknownAction(error_body(ErrorCode.INVALID_ACTION, text))
        return submit(cls.action, payload, **options)

    @classmethod
    async def asubmit(cls, payload: AnyPayload = None, **options: Unpack[SubmitOptions]) -> RequestHandle:
        return await sync_to_async(cls.submit)(payload, **options)


def _submission(
    handler: Handler[Any],
    payload: AnyPayload,
    *,
    user_id: str,
    tenant_id: str,
    idempotency_key: str | None = None,
    metadata: Mapping[str, Any] | None = None,
    tags: Sequence[str] = (),
    priority: int = 0,
    expires_in_seconds: float | None = None,
    fresh: bool = False,
    unlimited: bool = False,
) -> Submission:
    plain = read_payload(payload)
    # There is no acknowledgment to warn in, and whoever wrote the call can mend it.
    parsed = refuse_left_out(handler.parse(plain))
    _check_text("user_id", user_id)
    _check_text("tenant_id", tenant_id)
    if idempotency_key is not None:
        _check_text("idempotency_key", idempotency_key)
    if isinstance(priority, bool) or not isinstance(priority, int) or not 0 <= priority <= MAX_PRIORITY:
        raise ValueError(f"priority is a whole number from 0 to {MAX_PRIORITY}, not {priority!r}")
    if expires_in_seconds is not None and not 0 < expires_in_seconds <= MAX_EXPIRY_SECONDS:
        raise ValueError(f"expires_in_seconds is above 0 and at most {MAX_EXPIRY_SECONDS}, not {expires_in_seconds!r}")
    found = look_up(handler, parsed, tenant_id=tenant_id, user_id=user_id, fresh=fresh)
    return Submission(
        tenant_id=tenant_id,
        user_id=user_id,
        client_id=idempotency_key,
        action=handler.action,
        queue=handler.queue,
        payload=plain,
        metadata=_read_metadata(metadata or {}),
        tags=_read_tags(tags),
        priority=priority,
        expires_in_seconds=expires_in_seconds,
        estimated_seconds=handler.estimate(parsed),
        title=title_of(handler, parsed),
        limit_key=_limit_key(handler, parsed),
        cache_key=found.key,
        cached=found.outcome,
        unlimited=unlimited,
    )


def _limit_key(handler: Handler[Any], payload: Payload) -> str | None:
    try:
        return limit_key_of(handler, payload)
    except LimitKeyFault as fault:
        raise RequestRefused(fault.error) from fault


def read_payload(payload: AnyPayload) -> dict[str, Any]:
    """Return the payload as a client would have sent it. Raises ``InvalidPayload``."""
    if isinstance(payload, Payload):
        payload = payload.model_dump(mode="json", by_alias=True)
    plain, faults = read_json({} if payload is None else payload)
    if faults:
        raise InvalidPayload(faults)
    if not isinstance(plain, dict):
        raise InvalidPayload([{"path": "", "message": "a payload is a JSON object", "type": "dict_type"}])
    limit = settings.STREAMER_MAX_FRAME_BYTES
    if len(msgspec.json.encode(plain)) > limit:
        text = f"a payload may have {limit} bytes, as a message over a socket"
        raise InvalidPayload([{"path": "", "message": text, "type": "too_large"}])
    return plain


def _read_metadata(metadata: Mapping[str, Any]) -> dict[str, Any]:
    plain, faults = read_json(metadata)
    if faults or not isinstance(plain, dict):
        where = f" (at '{faults[0]['path']}': {faults[0]['message']})" if faults else ""
        raise ValueError(f"metadata is a mapping of JSON{where}")
    if len(msgspec.json.encode(plain)) > MAX_METADATA_BYTES:
        raise ValueError(f"metadata may have {MAX_METADATA_BYTES} bytes as JSON")
    return plain


def _read_tags(tags: Sequence[str]) -> Sequence[str]:
    if isinstance(tags, str) or len(tags) > MAX_TAGS:
        raise ValueError(f"tags is a sequence of at most {MAX_TAGS} texts, not {tags!r}")
    for tag in tags:
        _check_text("tag", tag)
    return tuple(dict.fromkeys(tags))


def _check_text(name: str, value: Any) -> None:
    """Raise ``ValueError`` for a text that the columns, tokens or messages cannot hold."""
    longest = _MAX_CHARACTERS[name]
    if not isinstance(value, str) or not 0 < len(value) <= longest or not is_storable(value):
        raise ValueError(f"{name} is a text of 1 to {longest} characters, not {value!r}")


def _refusal(error: ErrorBody) -> RequestRefused:
    if "quota" in error.get("details", {}):
        return DailyQuotaUsedUp(error)
    kinds = {ErrorCode.DUPLICATE_REQUEST.value: DuplicateRequest, ErrorCode.RATE_LIMITED.value: TooManyWaiting}
    return kinds.get(error["code"], RequestRefused)(error)
