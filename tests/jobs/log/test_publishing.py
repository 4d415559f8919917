import re
import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
import redis
from channels.layers import get_channel_layer
from pytest_django import Settings

from jobs.log import publishing
from jobs.log.publishing import publish, publish_changes, request_group, user_group
from realtime.delivery.layer import BoundedPubSubLayer

REQUEST = UUID(int=7)
OWNER = ("acme", "alice")
FRAMES = [(1, '{"type":"started","seq":1}', False), (2, '{"type":"complete","seq":2}', True)]


class RecordingLayer:
    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.sent: list[list[tuple[str, dict[str, Any]]]] = []

    def groups_send_now(self, messages: Sequence[tuple[str, dict[str, Any]]]) -> None:
        self.sent.append(list(messages))
        if self.error is not None:
            raise self.error


@pytest.fixture
def layer(monkeypatch: pytest.MonkeyPatch) -> RecordingLayer:
    layer = RecordingLayer()
    monkeypatch.setattr(publishing, "get_channel_layer", lambda: layer)
    return layer


def test_it_works(layer: RecordingLayer) -> None:
    publish(REQUEST, FRAMES, OWNER)
    (((group, message), told),) = layer.sent
    assert group == request_group(REQUEST) == f"request.{REQUEST}"
    assert message["type"] == "request.events" and message["request_id"] == str(REQUEST)
    assert message["frames"] == FRAMES
    assert told == (user_group(*OWNER), {"type": "requests.changed", "request_ids": [str(REQUEST)]})


def test_changes_of_several_users_are_told_in_one_round_trip(layer: RecordingLayer) -> None:
    other = ("acme", "bob")
    publish_changes([(OWNER, UUID(int=1)), (other, UUID(int=2)), (OWNER, UUID(int=3))])
    ((first, second),) = layer.sent
    assert first[0] == user_group(*OWNER) and first[1]["request_ids"] == [str(UUID(int=1)), str(UUID(int=3))]
    assert second[0] == user_group(*other) and second[1]["request_ids"] == [str(UUID(int=2))]
    publish_changes([])
    assert len(layer.sent) == 1


def test_the_group_of_a_user_names_nobody_and_is_nobody_elses() -> None:
    groups = {user_group(*owner) for owner in [("acme", "alice"), ("acme", "bob"), ("other", "alice"), ("a", "cme")]}
    assert len(groups) == 4 and user_group("ab", "c") != user_group("a", "bc")
    # What the channel layer allows in a name.
    assert all(re.fullmatch(r"user\.[0-9a-f]{40}", group) for group in groups)


async def test_it_arrives_at_a_member_of_the_group() -> None:
    layer = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add(request_group(REQUEST), channel)
    publish(REQUEST, FRAMES, OWNER)
    assert (await layer.receive(channel))["request_id"] == str(REQUEST)
    await layer.group_discard(request_group(REQUEST), channel)


class OtherLayer:
    """A layer that has nothing but what every layer has."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.asked = 0
        self.error: Exception | None = None

    async def group_send(self, group: str, message: dict[str, Any]) -> None:
        self.asked += 1
        if self.error is not None:
            raise self.error
        self.sent.append((group, message))


def test_any_other_layer_gets_the_same(layer: RecordingLayer, monkeypatch: pytest.MonkeyPatch) -> None:
    publish(REQUEST, FRAMES, OWNER)
    other = OtherLayer()
    monkeypatch.setattr(publishing, "get_channel_layer", lambda: other)
    publish(REQUEST, FRAMES, OWNER)
    assert [other.sent] == layer.sent


def test_another_layer_that_fails_is_left_alone_too(monkeypatch: pytest.MonkeyPatch) -> None:
    other = OtherLayer()
    other.error = RuntimeError("its broker is away")
    monkeypatch.setattr(publishing, "get_channel_layer", lambda: other)
    for _ in range(5):
        publish(REQUEST, FRAMES, OWNER)
    assert other.asked == 1


def test_without_a_channel_layer_nothing_is_published_and_nothing_fails(settings: Settings) -> None:
    settings.CHANNEL_LAYERS = {}
    assert get_channel_layer() is None
    publish(REQUEST, FRAMES, OWNER)
    publish_changes([(OWNER, REQUEST)])
    assert not publishing.breaker.is_open


@pytest.mark.parametrize("error", [redis.ConnectionError("gone"), redis.TimeoutError("slow"), OSError("no route")])
def test_a_dead_redis_is_asked_once_and_then_left_alone(layer: RecordingLayer, error: Exception) -> None:
    layer.error = error
    for _ in range(5):
        publish(REQUEST, FRAMES, OWNER)
    assert len(layer.sent) == 1


def test_it_is_asked_again_after_the_pause(layer: RecordingLayer) -> None:
    layer.error = redis.ConnectionError("gone")
    publish(REQUEST, FRAMES, OWNER)
    layer.error = None
    publishing.breaker.close()
    publish(REQUEST, FRAMES, OWNER)
    assert len(layer.sent) == 2


def test_a_port_where_nobody_listens_costs_next_to_nothing(closed_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    away = BoundedPubSubLayer(hosts=[{"address": f"redis://127.0.0.1:{closed_port}"}])
    monkeypatch.setattr(publishing, "get_channel_layer", lambda: away)
    started = time.monotonic()
    for _ in range(100):
        publish(REQUEST, FRAMES, OWNER)
    assert time.monotonic() - started < 3
