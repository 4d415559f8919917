"""A registry starts tasks that end with its process. Here they end with the test."""

from collections.abc import AsyncIterator

import pytest

from tests.realtime.sockets import end_all_tasks


@pytest.fixture(autouse=True)
async def no_task_is_left() -> AsyncIterator[None]:
    yield
    await end_all_tasks()
