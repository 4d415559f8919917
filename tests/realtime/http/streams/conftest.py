"""Streams of the application itself. What a process keeps running for them ends with the test."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from django.test import AsyncClient

from tests.conftest import MakeToken
from tests.realtime.http.streams.client import StreamClient
from tests.realtime.sockets import end_all_tasks

OpenStream = Callable[..., Awaitable[StreamClient]]
Get = Callable[..., Awaitable[Any]]


@pytest.fixture(autouse=True)
async def no_task_is_left() -> AsyncIterator[None]:
    yield
    await end_all_tasks()


@pytest.fixture
async def open_stream(make_token: MakeToken, no_task_is_left: None) -> AsyncIterator[OpenStream]:
    """Return ``await open_stream(path, user="alice", …)``; ``headers`` add some, and ``token=None`` sends none."""
    opened: list[StreamClient] = []

    async def open_one(
        path: str, *, token: str | None = "", headers: dict[str, str] | None = None, **who: Any
    ) -> StreamClient:
        own = {} if token is None else {"Authorization": f"Bearer {token or make_token(**who)}"}
        client = StreamClient(path, {**own, **(headers or {})})
        opened.append(client)
        return await client.open()

    yield open_one
    for client in opened:
        await client.hang_up()


@pytest.fixture
def get(async_client: AsyncClient, make_token: MakeToken) -> Get:
    """Return ``await get(path, user="alice", …)``, which asks for JSON; ``token=None`` sends none."""

    async def ask(path: str, *, token: str | None = "", headers: dict[str, str] | None = None, **who: Any) -> Any:
        own = {} if token is None else {"Authorization": f"Bearer {token or make_token(**who)}"}
        answer = await async_client.get(path, headers={**own, **(headers or {})})
        if answer.streaming:  # a file, of which nobody reads the content here
            answer.close()
        return answer

    return ask
