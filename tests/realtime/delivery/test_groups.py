import asyncio
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


async def test_a_layer_that_does_not_answer_is_waited_for_once(layer: Layer) -> None:
    layer.may_join.clear()
    groups = Groups(lambda hint: None)
    groups.join("a")
    await groups.wait_until_joined("a")
    assert groups.is_away
    groups.join("b")
    with pytest.raises(StopIteration):  # it ends at once, with nothing to wait for
        groups.wait_until_joined("b").send(None)
    layer.may_join.set()
    await until(lambda: not groups.is_away, "the groups are joined after all")
    assert {group for group, _ in layer.members} == {"a", "b"}
