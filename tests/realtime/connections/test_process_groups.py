from collections.abc import AsyncIterator
from types import SimpleNamespace
from uuid import uuid4

import pytest
import redis
from channels.layers import get_channel_layer
from django.conf import settings

from realtime.connections import process_groups
from realtime.connections.process_groups import (
    dead_processes,
    group_of_connection,
    group_of_process,
    new_connection_id,
)
from tests.realtime.sockets import aside, end_all_tasks, until


@pytest.fixture(autouse=True)
async def clean_loop() -> AsyncIterator[None]:
    yield
    await end_all_tasks()


async def test_it_works() -> None:
    layer, names = get_channel_layer(), [settings.STREAMER_SERVER_ID, "killed-1"]
    assert await aside(dead_processes, names) == set(names) and dead_processes([]) == set()
    await layer.group_add(group_of_process(settings.STREAMER_SERVER_ID), await layer.new_channel())
    await until(lambda: dead_processes(names) == {"killed-1"}, "Redis has the subscription")
    await layer.flush()  # closes its connections, as the end of a process does
    await until(lambda: dead_processes(names) == set(names), "Redis has noticed that they are closed")


def test_the_id_of_a_connection_names_the_group_of_its_process() -> None:
    ids = {new_connection_id() for _ in range(100)}
    assert len(ids) == 100 and all(item.version == 4 for item in ids)
    assert {group_of_connection(item) for item in ids} == {group_of_process(settings.STREAMER_SERVER_ID)}
    assert group_of_connection(uuid4()) != group_of_process(settings.STREAMER_SERVER_ID)


async def test_while_redis_is_away_nobody_counts_as_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(groups: list[str]) -> list[int]:
        raise redis.ConnectionError("away")

    monkeypatch.setattr(get_channel_layer(), "count_members", fail)
    assert dead_processes(["killed-1"]) == set()


async def test_with_another_channel_layer_nobody_counts_as_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_groups, "get_channel_layer", lambda: SimpleNamespace())
    assert dead_processes(["killed-1"]) == set()
