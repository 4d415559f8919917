import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
import redis
from channels.layers import get_channel_layer

from jobs.queue.wakeups import connection
from realtime.delivery import layer as layer_module
from realtime.delivery.layer import BoundedPubSubLayer, Liveness
from tests.jobs.building import Threads
from tests.realtime.sockets import aside, end_all_tasks, until

GROUP = "request.00000000-0000-0000-0000-000000000007"


def hint(number: int) -> dict[str, Any]:
    return {"type": "request.events", "number": number}


@pytest.fixture
async def layer() -> AsyncIterator[Any]:
    yield get_channel_layer()
    await end_all_tasks()


async def receive(layer: Any, channel: str, count: int = 1) -> list[int]:
    async with asyncio.timeout(10):
        return [(await layer.receive(channel))["number"] for _ in range(count)]


async def join(layer: Any, group: str = GROUP) -> str:
    channel: str = await layer.new_channel()
    await layer.group_add(group, channel)
    return channel


async def test_it_works(layer: Any) -> None:
    assert isinstance(layer, BoundedPubSubLayer)
    channel = await join(layer)
    layer.group_send_now(GROUP, hint(1))
    await layer.group_send(GROUP, hint(2))
    assert await receive(layer, channel, 2) == [1, 2]


async def test_only_members_of_the_group_get_it(layer: Any) -> None:
    channel, other = await join(layer), await join(layer, "request.other")
    layer.group_send_now(GROUP, hint(1))
    layer.group_send_now("request.other", hint(2))
    assert await receive(layer, channel) == [1] and await receive(layer, other) == [2]
    await layer.group_discard(GROUP, channel)
    layer.group_send_now(GROUP, hint(3))
    await layer.group_add(GROUP, channel)
    layer.group_send_now(GROUP, hint(4))
    assert await receive(layer, channel) == [4]


async def test_a_join_on_a_connection_that_stands_waits_for_no_turn_of_the_loop(layer: Any) -> None:
    channel = await join(layer, "request.other")
    with pytest.raises(StopIteration):  # it ends without waiting for anything
        layer.groups_add([GROUP], channel).send(None)
    await until(lambda: layer.count_members([GROUP]) == [1], "Redis has the subscription")
    layer.group_send_now(GROUP, hint(1))
    assert await receive(layer, channel) == [1]


async def test_many_groups_are_joined_and_left_at_once(layer: Any) -> None:
    channel, other = await join(layer, "request.other"), await join(layer)
    groups = [GROUP, *(f"request.{number}" for number in range(50))]
    await layer.groups_add(groups, channel)
    await layer.groups_add(groups, channel)
    for number, group in enumerate(groups):
        layer.group_send_now(group, hint(number))
    assert await receive(layer, channel, 51) == list(range(51))
    assert await receive(layer, other) == [0]
    await layer.groups_discard(groups, channel)
    layer.group_send_now(GROUP, hint(51))
    layer.group_send_now("request.other", hint(52))
    assert await receive(layer, channel) == [52] and await receive(layer, other) == [51]
    with pytest.raises(RuntimeError):
        await layer.groups_add(groups, "a channel of another process")


async def test_a_queue_that_nobody_reads_forgets_its_oldest(layer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer_module, "CAPACITY", 3)
    channel, last = await join(layer), await join(layer, "request.last")
    for number in range(10):
        layer.group_send_now(GROUP, hint(number))
    # One subscription brings all in order, so after this one the others are there too.
    layer.group_send_now("request.last", hint(99))
    assert await receive(layer, last) == [99]
    assert await receive(layer, channel, 3) == [7, 8, 9]


async def test_it_can_be_sent_from_many_threads(layer: Any) -> None:
    channel = await join(layer)

    def send(start: int) -> None:
        for number in range(start, start + 50):
            layer.group_send_now(GROUP, hint(number))

    def send_all() -> None:
        with Threads(*[lambda start=start: send(start) for start in (0, 50, 100, 150)]):
            pass

    await aside(send_all)
    assert sorted(await receive(layer, channel, 200)) == list(range(200))


async def test_it_comes_back_when_its_connection_was_cut(layer: Any) -> None:
    channel = await join(layer)
    layer.group_send_now(GROUP, hint(1))
    assert await receive(layer, channel) == [1]
    connection().client_kill_filter(_type="pubsub")
    name = f"{layer._kwargs['prefix']}__group__{GROUP}"
    await until(lambda: dict(connection().pubsub_numsub(name))[name.encode()] == 1, "it subscribes again")
    layer.group_send_now(GROUP, hint(2))
    assert await receive(layer, channel) == [2]


def test_a_server_that_is_away_raises_soon(closed_port: int) -> None:
    away = BoundedPubSubLayer(hosts=[{"address": f"redis://127.0.0.1:{closed_port}"}])
    started = time.monotonic()
    with pytest.raises(redis.ConnectionError):
        away.group_send_now(GROUP, hint(1))
    assert time.monotonic() - started < 3


async def test_a_channel_that_was_idle_for_fifteen_seconds_still_receives(layer: Any) -> None:
    """Slow, but it cannot be had for less: a client library's default would end an idle subscription after 5 s."""
    channel = await join(layer)
    waiting = asyncio.ensure_future(layer.receive(channel))
    done, _ = await asyncio.wait({waiting}, timeout=15)
    assert not done
    layer.group_send_now(GROUP, hint(1))
    assert (await asyncio.wait_for(waiting, 5))["number"] == 1


def test_a_subscription_is_dead_when_not_even_its_pings_are_answered() -> None:
    liveness = Liveness()
    assert not liveness.is_dead(100.0), "a new connection has its time"
    assert not liveness.is_dead(104.9) and liveness.is_dead(105.1)
    liveness.hear(105.2)
    assert not liveness.is_dead(110.0)
    liveness.forget()
    assert not liveness.is_dead(200.0)


def test_it_pings_often_enough_to_miss_one() -> None:
    liveness = Liveness()
    pinged = [tenth / 10 for tenth in range(1_000, 1_100) if liveness.wants_ping(tenth / 10)]
    assert pinged == [100.0, 102.0, 104.0, 106.0, 108.0]
    assert 2 * layer_module.PING_SECONDS < layer_module.SILENCE_SECONDS


async def test_a_connection_that_was_cut_without_a_word_is_given_up(
    layer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bytes go out and none come in, as behind a NAT that forgot the connection."""
    channel = await join(layer)
    shard = layer._get_layer()._shards[0]
    answers = [True]
    hear = Liveness.hear
    monkeypatch.setattr(Liveness, "hear", lambda self, now: answers[-1] and hear(self, now))
    with monkeypatch.context() as hurry:  # no longer than this: a busy core makes the new connection silent as well
        hurry.setattr(layer_module, "SILENCE_SECONDS", 0.3)
        hurry.setattr(layer_module, "PING_SECONDS", 0.1)
        answers.append(False)
        await until(lambda: shard.is_away, "it counts as away")
    answers.append(True)
    await until(lambda: not shard.is_away, "there is a new connection")
    layer.group_send_now(GROUP, hint(1))
    assert await receive(layer, channel) == [1]


async def test_a_publish_to_a_server_that_hangs_is_not_tried_twice(
    silent_port: Callable[[], tuple[int, list[object]]],
) -> None:
    port, connected = silent_port()
    hanging = BoundedPubSubLayer(hosts=[{"address": f"redis://127.0.0.1:{port}"}])
    with pytest.raises(redis.TimeoutError):
        hanging.group_send_now(GROUP, hint(1))
    assert len(connected) == 1


async def test_a_fault_in_the_client_library_does_not_end_the_receiving(
    layer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = layer_module._PatientShard._receive_message, list[Any]()

    def flaky(self: Any, message: Any) -> None:
        calls.append(message)
        if len(calls) == 1:
            raise RuntimeError("another coroutine is already waiting for incoming data")
        real(self, message)

    monkeypatch.setattr(layer_module._PatientShard, "_receive_message", flaky)
    channel = await join(layer)
    waiting = asyncio.ensure_future(receive(layer, channel))
    while not waiting.done():
        layer.group_send_now(GROUP, hint(1))
        await asyncio.wait({waiting}, timeout=0.05)
    assert await waiting == [1] and len(calls) > 1
