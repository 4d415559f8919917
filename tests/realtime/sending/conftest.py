"""Sockets of this process that are ready to be sent to, without a server in between."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
import redis
from channels.layers import get_channel_layer
from django.conf import settings

from realtime.connections.process_groups import ALL_PROCESSES, group_of_process
from realtime.sending import asking
from realtime.shared import registry
from tests.local.waiting import DEADLINE_SECONDS
from tests.realtime.conftest import OpenSocket
from tests.realtime.sockets import Socket, until

OpenKnown = Callable[..., Awaitable[tuple[UUID, Socket]]]


def is_listening() -> bool:
    groups = [ALL_PROCESSES, group_of_process(settings.STREAMER_SERVER_ID)]
    return all(count == 1 for count in get_channel_layer().count_members(groups))


@pytest.fixture
def patient_questions(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Have who asks a process for the health of its sockets wait for the answer, however busy the process is."""
    monkeypatch.setattr(asking, "WAIT_SECONDS", DEADLINE_SECONDS)
    with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2 * DEADLINE_SECONDS) as patient:
        monkeypatch.setattr(asking, "redis_connection", lambda: patient)
        yield


@pytest.fixture
def open_known(open_socket: OpenSocket, patient_questions: None) -> OpenKnown:
    """Return ``await open_known(user="alice", …)``, which opens a socket, and gives its id too."""

    async def open_one(**token: Any) -> tuple[UUID, Socket]:
        before = set(registry().open)
        socket = await open_socket(**token)
        (connection_id,) = registry().open.keys() - before
        await until(is_listening, "the process hears what others want")
        return connection_id, socket

    return open_one


async def write_rows() -> None:
    """Write the rows of the open connections now."""
    await registry().write()
