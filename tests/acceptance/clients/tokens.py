"""Tokens for the clients under test."""

from collections.abc import Sequence

from tests.acceptance.clients.driver import TokenSource
from tests.live import LiveStack


def tokens_of(
    live: LiveStack, user: str, *, permissions: Sequence[str] = ("*",), ttl_seconds: float = 3600.0
) -> TokenSource:
    """Return a source that makes a new token each time."""
    return lambda _force: live.token(user, permissions=permissions, ttl_seconds=ttl_seconds)
