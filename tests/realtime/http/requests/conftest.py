"""The fixture of requests over HTTP: a client with the token of a user."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import msgspec
import pytest
from django.test import AsyncClient

from realtime.limits.exchange import breaker
from tests.conftest import MakeToken
from tests.realtime.sockets import end_all_tasks

Call = Callable[..., Awaitable[Any]]


@pytest.fixture
async def call(async_client: AsyncClient, make_token: MakeToken) -> AsyncIterator[Call]:
    """Return ``await call(method, path, body, headers={…}, user="alice", …)`` for paths below ``/api/requests/``."""
    breaker.close()

    async def send(method: str, path: str = "", body: Any = None, *, headers: Any = None, **who: Any) -> Any:
        sent = {"Authorization": f"Bearer {make_token(**who)}", **(headers or {})}
        if method == "get":
            return await async_client.get(f"/api/requests/{path}", headers=sent)
        content = body if isinstance(body, bytes) else b"" if body is None else msgspec.json.encode(body)
        return await async_client.post(f"/api/requests/{path}", content, content_type="application/json", headers=sent)

    yield send
    await end_all_tasks()
