"""Questions of a client about its requests: ``status`` and ``list``."""

from collections.abc import Callable
from typing import Any

from django.db.models import Q

from jobs.errors import ErrorCode, error_body
from jobs.requests.reads import find_explained, list_page, snapshot
from realtime.database import in_database
from realtime.wire.messages import ClientMessage, List, Status
from realtime.wire.protocol import encode, encode_error, no_such_request


class Questions:
    """``owner`` gives the condition under which a request may be seen; ``push`` takes what is sent."""

    def __init__(self, owner: Callable[[], Q], push: Callable[[str], None]) -> None:
        self._owner = owner
        self._push = push

    async def status(self, message: Status) -> None:
        body = await in_database(find_explained, message.request_id, self._owner())
        if body is None:
            self._push(encode_error(no_such_request(), message.id, request_id=message.request_id))
        else:
            self._push(encode("snapshot", message.id, **{**body, **echo(message), "reason": "status"}))

    async def list(self, message: List) -> None:
        try:
            rows, cursor = await in_database(
                list_page,
                self._owner(),
                status=message.status,
                action=message.action,
                limit=message.limit,
                cursor=message.cursor,
            )
        except ValueError as error:
            self._push(encode_error(error_body(ErrorCode.VALIDATION_ERROR, str(error)), message.id))
        else:
            self._push(encode("requests", message.id, requests=[snapshot(row) for row in rows], next_cursor=cursor))


def echo(message: ClientMessage) -> dict[str, Any]:
    """Return the id of the question, for a snapshot: in its answer the request's own id goes by ``client_id``."""
    return {} if message.id is None else {"id": message.id}
