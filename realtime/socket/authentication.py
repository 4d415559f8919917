"""The message ``authenticate``: a fresh token for a connection that stays open."""

import asyncio
from collections.abc import Callable

from jobs.errors import ErrorBody, ErrorCode, error_body
from realtime.auth import KeysUnavailable, Unauthorized, verify
from realtime.connections.open_connection import OpenConnection
from realtime.wire.messages import Authenticate
from realtime.wire.protocol import encode, encode_error


class Authentication:
    """``push`` takes what is sent."""

    def __init__(self, connection: OpenConnection, push: Callable[[str], None]) -> None:
        self._connection = connection
        self._push = push

    async def renew(self, message: Authenticate) -> None:
        """Take the token if it is good and of the same user and tenant."""
        try:
            fresh = await asyncio.to_thread(verify, message.token)
        except (Unauthorized, KeysUnavailable) as error:
            self._push(encode_error(error.body(), message.id))
            return
        current = self._connection.identity
        if (fresh.user_id, fresh.tenant_id) != (current.user_id, current.tenant_id):
            self._push(encode_error(_other_identity(), message.id))
            return
        self._connection.take_identity(fresh)
        self._push(encode("authenticated", message.id, token_expires_in=fresh.expires_in))


def _other_identity() -> ErrorBody:
    text = "This token is of another user or tenant; open another connection for it"
    return error_body(ErrorCode.UNAUTHORIZED, text, details={"reason": "other_identity"})
