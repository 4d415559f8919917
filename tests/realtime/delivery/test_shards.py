"""Several Redis servers share the groups; each message reaches its members whichever server carries it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from channels_redis.utils import _consistent_hash

from realtime.delivery.layer import BoundedPubSubLayer
from tests.realtime.sockets import end_all_tasks, until
from tests.redis_servers import HOST, SERVICE, fail_over, running, watched_pair

GROUPS = [f"request.{number}" for number in range(20)]


@pytest.fixture
def ports(tmp_path: Path) -> Iterator[list[int]]:
    with running(tmp_path / "one") as one, running(tmp_path / "two") as two:
        yield [one, two]


def layer_url(port: int) -> str:
    return f"redis://{HOST}:{port}"


def layer_on(*urls: str) -> Any:
    return BoundedPubSubLayer(hosts=[{"address": url, "socket_timeout": 5} for url in urls], prefix="shards")


@pytest.fixture
async def layer(ports: list[int]) -> AsyncIterator[Any]:
    layer = layer_on(*map(layer_url, ports))
    yield layer
    await close(layer)


async def close(layer: Any) -> None:
    """Close its connections, and those to sentinels, which no pool does."""
    for shard in layer._get_layer()._shards:
        manager = getattr(shard._redis and shard._redis.connection_pool, "sentinel_manager", None)
        for sentinel in manager.sentinels if manager else ():
            await sentinel.aclose()
    await end_all_tasks()
    await layer.flush()


async def joined(layer: Any) -> str:
    channel: str = await layer.new_channel()
    await layer.groups_add(GROUPS, channel)
    await until(lambda: layer.count_members(GROUPS) == [1] * len(GROUPS), "the servers have all subscriptions")
    return channel


def hints() -> list[tuple[str, dict[str, Any]]]:
    return [(group, {"type": "request.events", "group": group}) for group in GROUPS]


async def test_it_works(layer: Any) -> None:
    channel = await joined(layer)
    assert layer.groups_send_now(hints()) == [1] * len(GROUPS)
    await layer.group_send(GROUPS[7], {"group": "again"})
    received = [(await layer.receive(channel))["group"] for _ in range(len(GROUPS) + 1)]
    assert sorted(received) == sorted([*GROUPS, "again"])


async def test_each_server_has_a_part(layer: Any, ports: list[int]) -> None:
    await joined(layer)
    counts = []
    for port in ports:
        with redis.Redis(HOST, port) as client:
            counts.append(len(client.pubsub_channels("shards__group__*")))
    assert sum(counts) == len(GROUPS) and all(counts)


async def test_what_the_others_carry_arrives_while_one_is_away(ports: list[int], closed_port: int) -> None:
    layer = layer_on(f"redis://{HOST}:{ports[0]}", f"redis://{HOST}:{closed_port}")
    on_first = [name for name in GROUPS if _consistent_hash(f"shards__group__{name}", 2) == 0]
    with redis.Redis(HOST, ports[0]) as client, client.pubsub(ignore_subscribe_messages=True) as subscription:
        subscription.subscribe(*(f"shards__group__{name}" for name in on_first))
        await until(lambda: all(layer_on(layer_url(ports[0])).count_members(on_first)), "Redis has the subscriptions")
        with pytest.raises(redis.ConnectionError):
            layer.groups_send_now(hints())
        received: list[Any] = []
        while len(received) < len(on_first):  # the confirmations of the subscriptions come first, and give None
            received += filter(None, [subscription.get_message(timeout=10)])


def test_a_server_that_is_silent_is_named(ports: list[int], closed_port: int) -> None:
    layer = layer_on(f"redis://{HOST}:{ports[0]}", f"redis://{HOST}:{closed_port}")
    (complaint,) = layer.silent_servers()
    assert f"{HOST}:{closed_port}" in complaint


async def test_a_layer_on_sentinels_follows_a_failover(tmp_path: Path) -> None:
    with watched_pair(tmp_path / "pair") as (sentinel, _):
        layer = layer_on(f"redis+sentinel://{HOST}:{sentinel}/{SERVICE}/0")
        await joined(layer)
        assert layer.groups_send_now(hints()) == [1] * len(GROUPS)
        await asyncio.to_thread(fail_over, sentinel)
        await until(lambda: _members(layer) == [1] * len(GROUPS), "the new master has all subscriptions")
        assert layer.groups_send_now(hints()) == [1] * len(GROUPS)
        await close(layer)


def _members(layer: Any) -> list[int]:
    try:
        members: list[int] = layer.count_members(GROUPS)
    except redis.RedisError:
        return []
    return members
