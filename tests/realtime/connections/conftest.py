"""A registry starts tasks that end with its process. Here they end with the test, and it writes when it is asked to."""

from collections.abc import AsyncIterator

import pytest

from realtime.connections import registry
from tests.realtime.sockets import end_all_tasks


@pytest.fixture(autouse=True)
async def no_task_is_left() -> AsyncIterator[None]:
    yield
    await end_all_tasks()


@pytest.fixture(autouse=True)
def no_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Switch off the write that comes every second: it would do some things twice in a slow test."""
    monkeypatch.setattr(registry, "WRITE_SECONDS", 3600.0)
