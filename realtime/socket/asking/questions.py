"""Questions of a client about its requests: ``status`` and ``list``."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from jobs.requests.reads import explained, find
from realtime.access import as_seen_by, readable
from realtime.answers.lists import list_requests
from realtime.answers.refusal import Refusal
from realtime.auth import Identity
from realtime.database import in_database
from realtime.socket.refusing import Refusing
from realtime.wire.messages import ClientMessage, List, Status
from realtime.wire.protocol import encode, no_such_request


class Questions:
    """``identity`` gives who asks now; ``push`` takes what is sent, ``refusing`` what is refused."""

    def __init__(self, identity: Callable[[], Identity], push: Callable[[str], None], refusing: Refusing) -> None:
        self._refusing = refusing
        self._identity = identity
        self._push = push

    async def status(self, message: Status) -> None:
        body = await in_database(_read, message.request_id, self._identity())
        if body is None:
            self._refusing.answer(no_such_request(), message.id, request_id=message.request_id)
        else:
            self._push(encode("snapshot", message.id, **{**body, **echo(message), "reason": "status"}))

    async def list(self, message: List) -> None:
        try:
            found, cursor = await list_requests(message, self._identity())
        except Refusal as refusal:
            self._refusing.answer(refusal.error, message.id)
        else:
            self._push(encode("requests", message.id, requests=found, next_cursor=cursor))


def _read(request_id: UUID, identity: Identity) -> dict[str, Any] | None:
    row = find(request_id, readable(identity))
    return None if row is None else as_seen_by(identity, row, explained(row))


def echo(message: ClientMessage) -> dict[str, Any]:
    """Return the id of the question, for a snapshot: in its answer the request's own id goes by ``client_id``."""
    return {} if message.id is None else {"id": message.id}
