"""The base of the server's messages."""

from msgspec import Struct


class ServerMessage(Struct, kw_only=True):
    """The fields of every message. A later version may add fields to each message, and types."""

    timestamp: float
    """Unix seconds, with a fraction."""
