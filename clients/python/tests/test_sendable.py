"""Requests that cannot be sent are refused here, because nobody else could say which they were."""

from datetime import date
from typing import Any

import pytest
from fakes.model import World

from streamer_client.core.sendable import size_of
from streamer_client.errors import ValidationFailed


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        ({"day": date(2024, 1, 1)}, "not JSON serializable"),
        ({"rate": float("nan")}, "not JSON compliant"),
        ({"text": "a\0b"}, "NUL"),
        ({"deep": nested(64)}, "nested more than 64"),
    ],
)
def test_what_is_no_json_of_the_protocol_is_refused(payload: Any, text: str) -> None:
    with pytest.raises(ValidationFailed, match=text):
        size_of({"action": "echo", "payload": payload})


def test_what_is_just_deep_enough_passes() -> None:
    assert size_of({"action": "echo", "payload": {"deep": nested(62)}}) > 100


def test_what_is_too_large_fails_once_the_limit_is_known() -> None:
    world = World(events=1)
    [large] = world.core.submit({"action": "echo", "payload": {"text": "x" * 2_000}})
    [small] = world.core.submit({"action": "echo"})
    world.core.connecting()
    world.core.receive({"type": "welcome", "limits": {"frame_bytes": 1_000}})
    assert isinstance(large.error, ValidationFailed) and large.error.code == "PAYLOAD_TOO_LARGE"
    assert [frame["id"] for frame in world.core.take_frames()] == [small.id]


def test_a_batch_is_as_many_messages_as_it_takes() -> None:
    world = World(events=1)
    world.core.connecting()
    world.core.receive({"type": "welcome", "limits": {"frame_bytes": 1_000}})
    world.core.submit(*({"action": "echo", "payload": {"text": "x" * 300}} for _ in range(5)))
    assert [len(frame.get("requests", [1])) for frame in world.core.take_frames()] == [2, 2, 1]
