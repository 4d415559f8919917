import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
import redis

from realtime.delivery import groups as groups_module
from realtime.delivery.groups import Groups
from tests.realtime.sockets import end_all_tasks, until


class Layer:
    """A channel layer that remembers which channel is in which group, and fails when it is told to."""

    def __init__(self) -> None:
        self.members: set[tuple[str, str]] = set()
        self.hints = asyncio.Queue[Mapping[str, Any] | Exception]()
        self.may_join = asyncio.Event()
        self.may_join.set()
        self.opened = 0

    async def new_channel(self) -> str:
        self.opened += 1
        return f"channel-{self.opened}"

    async def receive(self, channel: str) -> Mapping[str, Any]:
        hint = await self.hints.get()
        if isinstance(hint, Exception):
            raise hint
        return hint

    async def group_add(self, group: str, channel: str) -> None:
        await self.may_join.wait()
        self.members.add((group, channel))

    async def group_discard(self, group: str, channel: str) -> None:
        self.members.discard((group, channel))


@pytest.fixture
async def layer(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Layer]:
    made = Layer()
    monkeypatch.setattr(groups_module, "get_channel_layer", lambda: made)
    yield made
    await end_all_tasks()


async def test_joins_hands_on_hints_and_leaves(layer: Layer) -> None:
    taken = list[Mapping[str, Any]]()
    groups = Groups(taken.append)
    groups.join("a")
    await groups.wait_until_joined("a")
    assert layer.members == {("a", "channel-1")} and not groups.is_away
    layer.hints.put_nowait({"n": 1})
    await until(lambda: taken == [{"n": 1}], "the hint is handed on")
    groups.leave("a")
    await until(lambda: not layer.members, "the group is left")


async def test_who_leaves_and_joins_at_once_is_in_the_group(layer: Layer) -> None:
    groups = Groups(lambda hint: None)
    groups.join("a")
    await groups.wait_until_joined("a")
    groups.leave("a")
    groups.join("a")
    groups.join("b")
    await groups.wait_until_joined("b")
    assert layer.members == {("a", "channel-1"), ("b", "channel-1")}


async def test_a_lost_connection_joins_all_groups_anew(layer: Layer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups_module, "_RECONNECT_SECONDS", 0.01)
    groups = Groups(lambda hint: None)
    for group in ("a", "b"):
        groups.join(group)
        await groups.wait_until_joined(group)
    layer.hints.put_nowait(redis.ConnectionError("gone"))
    anew = {("a", "channel-2"), ("b", "channel-2")}
    await until(lambda: anew <= layer.members, "both are joined with the new channel")


async def test_a_layer_that_does_not_answer_is_waited_for_once(layer: Layer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups_module, "_JOIN_SECONDS", 0.01)
    monkeypatch.setattr(groups_module, "_AWAY_SECONDS", 3600.0)
    layer.may_join.clear()
    groups = Groups(lambda hint: None)
    groups.join("a")
    await groups.wait_until_joined("a")
    assert not groups.is_away  # one late join has no other follower read the log every second
    groups.join("b")
    with pytest.raises(StopIteration):  # it ends at once, with nothing to wait for
        groups.wait_until_joined("b").send(None)
    monkeypatch.setattr(groups_module, "_AWAY_SECONDS", 0.0)
    assert groups.is_away
    layer.may_join.set()
    await until(lambda: not groups.is_away, "the groups are joined after all")
    assert {group for group, _ in layer.members} == {"a", "b"}


class ManyLayer(Layer):
    """A layer that can join and leave many groups in one command."""

    def __init__(self) -> None:
        super().__init__()
        self.commands: list[tuple[str, list[str]]] = []

    async def groups_add(self, groups: list[str], channel: str) -> None:
        self.commands.append(("add", sorted(groups)))
        await self.may_join.wait()
        self.members |= {(group, channel) for group in groups}

    async def groups_discard(self, groups: list[str], channel: str) -> None:
        self.commands.append(("discard", sorted(groups)))
        self.members -= {(group, channel) for group in groups}


async def test_what_is_joined_at_the_same_moment_is_joined_in_one_command(monkeypatch: pytest.MonkeyPatch) -> None:
    layer = ManyLayer()
    monkeypatch.setattr(groups_module, "get_channel_layer", lambda: layer)
    groups = Groups(lambda hint: None)
    names = [f"group {number:03}" for number in range(300)]
    for name in names:
        groups.join(name)
    await asyncio.gather(*map(groups.wait_until_joined, names))
    assert layer.commands == [("add", names)] and len(layer.members) == 300 and not groups.is_away
    for name in names[:200]:
        groups.leave(name)
    await until(lambda: len(layer.members) == 100, "the groups are left")
    assert layer.commands[1:] == [("discard", names[:200])]
    await end_all_tasks()


async def test_who_leaves_while_all_are_joined_is_not_in_the_group(monkeypatch: pytest.MonkeyPatch) -> None:
    layer = ManyLayer()
    layer.may_join.clear()
    monkeypatch.setattr(groups_module, "get_channel_layer", lambda: layer)
    groups = Groups(lambda hint: None)
    groups.join("a"), groups.join("b")
    await until(lambda: bool(layer.commands), "both are being joined")
    groups.leave("a")
    layer.may_join.set()
    await until(lambda: layer.members == {("b", "channel-1")}, "one is left again")
    await end_all_tasks()


async def test_a_join_takes_few_turns_of_the_loop(layer: Layer) -> None:
    """On a busy loop each turn lasts for long."""
    groups = Groups(lambda hint: None)
    groups.join("first")
    await groups.wait_until_joined("first")
    groups.join("a")
    waiting = asyncio.create_task(groups.wait_until_joined("a"))
    for _ in range(3):
        await asyncio.sleep(0)
    assert waiting.done()


async def test_a_loop_that_stood_still_makes_no_join_late(
    layer: Layer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(groups_module, "_JOIN_SECONDS", 0.01)
    groups = Groups(lambda hint: None)
    groups.join("first")
    await groups.wait_until_joined("first")
    asyncio.get_running_loop().call_soon(time.sleep, 0.05)
    groups.join("a")
    await groups.wait_until_joined("a")
    assert not groups.is_away and not caplog.records
