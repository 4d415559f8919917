"""A user has a number of connections at most, over all web processes."""

from datetime import timedelta
from typing import Any

import pytest
from channels.layers import get_channel_layer
from django.utils import timezone
from pytest_django import Settings

from realtime.connections.process_groups import group_of_process
from realtime.connections.processes import SILENCE
from realtime.connections.registry import Registry
from realtime.models import Connection
from realtime.wire.close_codes import CloseCode
from tests.realtime.connections.making import make
from tests.realtime.sockets import aside, end_all_tasks, until

pytestmark = pytest.mark.django_db(transaction=True)


async def test_a_user_with_too_many_loses_the_newest(settings: Settings) -> None:
    settings.STREAMER_MAX_CONNECTIONS_PER_USER = 2
    registry = Registry()
    closed: list[list[Any]] = [[] for _ in range(4)]
    for codes in closed[:2]:
        registry.add(make(closed=codes))
    await registry.write()
    for codes in closed[2:]:
        registry.add(make(closed=codes))
    registry.add(make("bob"))
    await registry.write()
    assert closed == [[], [], [CloseCode.CONNECTION_LIMIT], [CloseCode.CONNECTION_LIMIT]]


async def test_those_of_one_moment_are_counted_too(settings: Settings) -> None:
    settings.STREAMER_MAX_CONNECTIONS_PER_USER = 2
    registry = Registry()
    closed: list[list[Any]] = [[] for _ in range(3)]
    for codes in closed:
        registry.add(make(closed=codes))
    await registry.write()
    assert closed == [[], [], [CloseCode.CONNECTION_LIMIT]]


async def test_connections_of_other_processes_count(settings: Settings) -> None:
    settings.STREAMER_MAX_CONNECTIONS_PER_USER = 1
    elsewhere, here = Registry(), Registry()
    elsewhere.add(make())
    await elsewhere.write()
    closed: list[Any] = []
    here.add(make(closed=closed))
    await here.write()
    assert closed == [CloseCode.CONNECTION_LIMIT]


@pytest.mark.parametrize("lives", [True, False])
async def test_those_that_died_with_their_process_do_not_count(lives: bool, settings: Settings) -> None:
    """Their clients come back at once, and were told to stay away for up to a minute."""
    settings.STREAMER_MAX_CONNECTIONS_PER_USER = 1
    registry, closed = Registry(), list[Any]()
    registry.add(make())
    await registry.write()
    await aside(lambda: Connection.objects.update(server="other-1"))
    if lives:
        layer = get_channel_layer()
        group = group_of_process("other-1")
        await layer.group_add(group, await layer.new_channel())
        await until(lambda: layer.count_members([group]) == [1], "Redis has the subscription")
    again = Registry()
    again.add(make(closed=closed))
    await again.write()
    assert closed == ([CloseCode.CONNECTION_LIMIT] if lives else [])
    await end_all_tasks()


@pytest.mark.parametrize(
    "columns",
    [
        {"closed_at": timezone.now()},
        {"last_seen_at": timezone.now() - SILENCE - timedelta(seconds=1), "server": "gone"},
        {"tenant_id": "other"},
    ],
)
async def test_closed_lost_and_foreign_ones_do_not_count(columns: dict[str, Any], settings: Settings) -> None:
    settings.STREAMER_MAX_CONNECTIONS_PER_USER = 1
    registry = Registry()
    registry.add(make())
    await registry.write()
    await aside(lambda: Connection.objects.update(**columns))
    closed: list[Any] = []
    registry.add(make(closed=closed))
    await registry.write()
    assert closed == []
