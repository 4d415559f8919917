"""The message ``authenticate``: a fresh token for a connection that stays open."""

import asyncio
from collections.abc import Awaitable, Callable

from jobs.errors import ErrorBody, ErrorCode, error_body
from realtime.auth import KeysUnavailable, Unauthorized, verify
from realtime.connections.open_connection import OpenConnection
from realtime.revocations.table import admit
from realtime.socket.refusing import Refusing
from realtime.wire.messages import Authenticate
from realtime.wire.protocol import encode


class Authentication:
    """``push`` takes what is sent. ``on_renewed`` is called once another token counts."""

    def __init__(
        self,
        connection: OpenConnection,
        push: Callable[[str], None],
        refusing: Refusing,
        on_renewed: Callable[[], Awaitable[None]],
    ) -> None:
        self._refusing = refusing
        self._connection = connection
        self._push = push
        self._on_renewed = on_renewed

    async def renew(self, message: Authenticate) -> None:
        """Take the token if it is good and of the same user and tenant."""
        try:
            fresh = await asyncio.to_thread(verify, message.token)
            await admit(fresh)
        except (Unauthorized, KeysUnavailable) as error:
            self._refusing.answer(error.body(), message.id)
            return
        current = self._connection.identity
        if (fresh.user_id, fresh.tenant_id) != (current.user_id, current.tenant_id):
            self._refusing.answer(_other_identity(), message.id)
            return
        self._connection.take_identity(fresh)
        self._push(encode("authenticated", message.id, token_expires_in=fresh.expires_in))
        await self._on_renewed()


def _other_identity() -> ErrorBody:
    text = "This token is of another user or tenant; open another connection for it"
    return error_body(ErrorCode.UNAUTHORIZED, text, details={"reason": "other_identity"})
