"""The messages about the connection itself."""

from msgspec import UNSET, UnsetType

from realtime.wire.server.base import ServerMessage
from realtime.wire.server.shapes import Limits


class Welcome(ServerMessage, kw_only=True, tag="welcome"):
    """The first message of a connection that was accepted."""

    connection_id: str
    user_id: str
    tenant_id: str
    protocol: str
    """The version of the protocol: ``streamer.v1``."""
    heartbeat_seconds: float
    """The interval in which the server pings."""
    token_expires_in: float
    """In seconds."""
    limits: Limits


class Authenticated(ServerMessage, kw_only=True, tag="authenticated"):
    """The answer to ``authenticate``: the token of the connection was replaced."""

    token_expires_in: float
    """In seconds."""
    id: str | UnsetType = UNSET


class TokenExpiring(ServerMessage, kw_only=True, tag="token_expiring"):
    """The token expires in a minute. ``authenticate`` with a fresh one keeps the connection."""

    expires_in: float
    """In seconds."""


class Pong(ServerMessage, kw_only=True, tag="pong"):
    """The answer to ``ping``."""

    id: str | UnsetType = UNSET


class Goodbye(ServerMessage, kw_only=True, tag="goodbye"):
    """The last message before the server closes the connection."""

    code: int
    """The close code that follows."""
    reason: str
    """The name of the close code, in lower case."""
    reconnect: bool
    """True: come back after ``after_ms``. False: do not."""
    after_ms: int
    """The milliseconds to wait. Never 0."""
