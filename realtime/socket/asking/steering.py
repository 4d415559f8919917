"""Wishes of a client about requests that it has: ``cancel``, ``extend`` and ``regenerate``."""

from collections.abc import Callable

from jobs.errors import ErrorCode, error_body
from jobs.files.artifacts import describe_extended
from jobs.files.expiry import NoSuchArtifact, extend
from jobs.requests.reads import snapshot
from realtime.access import owned
from realtime.answers.refusal import Refusal
from realtime.answers.steering import cancel, regenerate
from realtime.auth import Identity
from realtime.database import in_database
from realtime.socket.asking.questions import echo
from realtime.socket.refusing import Refusing
from realtime.socket.submitting import Submitting
from realtime.wire.messages import Cancel, Extend, Regenerate
from realtime.wire.protocol import encode


class Steering:
    """``identity`` gives who asks now; ``push`` takes what is sent. It reaches what is the user's own alone."""

    def __init__(
        self,
        identity: Callable[[], Identity],
        push: Callable[[str], None],
        refusing: Refusing,
        submitting: Submitting,
    ) -> None:
        self._refusing = refusing
        self._identity = identity
        self._push = push
        self._submitting = submitting

    async def cancel(self, message: Cancel) -> None:
        try:
            row = await cancel(message.request_id, self._identity())
        except Refusal as refusal:
            self._refusing.answer(refusal.error, message.id, request_id=message.request_id)
        else:
            self._push(encode("snapshot", message.id, **{**snapshot(row), **echo(message), "reason": "cancel"}))

    async def extend(self, message: Extend) -> None:
        """Keep a file for longer."""
        try:
            extended = await in_database(extend, message.artifact_id, message.days, owner=owned(self._identity()))
        except NoSuchArtifact:
            body = error_body(ErrorCode.NOT_FOUND, "There is no such file")
            self._refusing.answer(body, message.id, artifact_id=message.artifact_id)
        else:
            self._push(encode("extended", message.id, **describe_extended(extended)))

    async def regenerate(self, message: Regenerate) -> None:
        """Submit it again, under the caps as usual."""
        try:
            chosen, origin = await regenerate(message, self._identity())
        except Refusal as refusal:
            self._refusing.answer(refusal.error, message.id, request_id=message.request_id)
        else:
            await self._submitting.submit([chosen], redo_of=origin)
