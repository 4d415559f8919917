"""The errors of one connection that refuse something: each is sent, and is a line in the log."""

from collections.abc import Callable, Mapping
from typing import Any

from jobs.errors import ErrorBody
from realtime.connections.open_connection import OpenConnection
from realtime.refusals.errors import log_refused_error
from realtime.wire.protocol import encode_error


class Refusing:
    """``push`` takes what is sent."""

    def __init__(self, connection: OpenConnection, push: Callable[[str], None]) -> None:
        self._connection = connection
        self._push = push

    def answer(self, error: ErrorBody, message_id: str | None, **fields: Any) -> None:
        """Send the error with these fields, and log it with them."""
        self._connection.note_refused(error)
        self.log(error, fields)
        self._push(encode_error(error, message_id, **fields))

    def log(self, error: ErrorBody, facts: Mapping[str, Any]) -> None:
        connection = self._connection
        known = {**facts, "connection_id": connection.id}
        log_refused_error(error, identity=connection.identity, address=connection.address, facts=known)
