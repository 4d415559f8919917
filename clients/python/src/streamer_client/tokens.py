"""The token that every connection and every HTTP call offers."""

import asyncio
import inspect
from collections.abc import Awaitable
from typing import Protocol, cast


class TokenProvider(Protocol):
    """Returns a token, or something to await that returns one.

    ``force`` is True when the present token is over, or about to be: then a cached one does not do. A provider that is
    no coroutine function runs in a thread, so it may wait for the network.
    """

    def __call__(self, *, force: bool) -> str | Awaitable[str]: ...


class Tokens:
    """Either one fixed token, or a provider that makes them."""

    def __init__(self, token: str | None = None, provider: TokenProvider | None = None) -> None:
        if token is not None and provider is not None:
            raise TypeError("Pass token or token_provider, not both")
        self._token = token
        self._provider = provider

    @property
    def can_renew(self) -> bool:
        return self._provider is not None

    async def get(self, *, force: bool = False) -> str | None:
        """Return a token; None for none, as where the service knows its users by other means."""
        if self._provider is None:
            return self._token
        if inspect.iscoroutinefunction(self._provider):
            return cast(str, await self._provider(force=force))
        answer = await asyncio.to_thread(self._provider, force=force)
        return await answer if inspect.isawaitable(answer) else answer
