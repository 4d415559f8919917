"""Wishes of a client about requests that it has: ``cancel``, ``extend`` and ``regenerate``."""

from collections.abc import Callable

from django.db.models import Q

from jobs.contract.registry import all_handlers
from jobs.errors import ErrorBody, ErrorCode, error_body
from jobs.files.artifacts import describe_extended
from jobs.files.expiry import NoSuchArtifact, extend
from jobs.models import AsyncRequest
from jobs.requests.cancellation import AlreadyFinished, request_cancel
from jobs.requests.reads import NotFound, snapshot
from jobs.requests.regeneration import NotFinished, find_finished, traced_metadata
from realtime.auth import Identity
from realtime.database import in_database
from realtime.socket.questions import echo
from realtime.socket.router import Refusal, route
from realtime.socket.submitting import Submitting
from realtime.wire.messages import Cancel, Extend, Regenerate, Request
from realtime.wire.protocol import encode, encode_error, no_such_request


class Steering:
    """``identity`` gives who asks now, ``owner`` the condition on what is theirs; ``push`` takes what is sent."""

    def __init__(
        self,
        identity: Callable[[], Identity],
        owner: Callable[[], Q],
        push: Callable[[str], None],
        submitting: Submitting,
    ) -> None:
        self._identity = identity
        self._owner = owner
        self._push = push
        self._submitting = submitting

    async def cancel(self, message: Cancel) -> None:
        try:
            row = await in_database(request_cancel, message.request_id, owner=self._owner())
        except NotFound:
            self._push(encode_error(no_such_request(), message.id, request_id=message.request_id))
        except AlreadyFinished as error:
            text = f"The request is already {error} and cannot be cancelled"
            body = error_body(ErrorCode.VALIDATION_ERROR, text, details={"status": str(error)})
            self._push(encode_error(body, message.id, request_id=message.request_id))
        else:
            self._push(encode("snapshot", message.id, **{**snapshot(row), **echo(message), "reason": "cancel"}))

    async def extend(self, message: Extend) -> None:
        """Keep a file for longer."""
        try:
            extended = await in_database(extend, message.artifact_id, message.days, owner=self._owner())
        except NoSuchArtifact:
            body = error_body(ErrorCode.NOT_FOUND, "There is no such file")
            self._push(encode_error(body, message.id, artifact_id=message.artifact_id))
        else:
            self._push(encode("extended", message.id, **describe_extended(extended)))

    async def regenerate(self, message: Regenerate) -> None:
        """Submit it again for whoever asks now: with the permissions of the present token, under the caps as usual."""
        found = await in_database(_find, message, self._owner())
        if isinstance(found, AsyncRequest):
            request = _again(message, found)
            try:
                # Queued like the first one, however short the work has become: the result is kept, not only shown.
                chosen = route(request, self._identity(), all_handlers(), inline_threshold_seconds=-1.0)
            except Refusal as refusal:
                found = refusal.error
            else:
                await self._submitting.submit([(request, chosen)])
                return
        self._push(encode_error(found, message.id, request_id=message.request_id))


def _find(message: Regenerate, owner: Q) -> AsyncRequest | ErrorBody:
    try:
        row = find_finished(message.request_id, owner)
    except NotFinished as status:
        text = f"The request is {status}; it can be done again once it has ended"
        return error_body(ErrorCode.VALIDATION_ERROR, text, details={"status": str(status)})
    if row is None:
        return no_such_request()
    if message.id is not None and message.id == row.client_id:
        return error_body(ErrorCode.VALIDATION_ERROR, "This id belongs to the old request; give another, or none")
    return row


def _again(message: Regenerate, row: AsyncRequest) -> Request:
    return Request(id=message.id, action=row.action, payload=row.payload, metadata=traced_metadata(row), cache=False)
