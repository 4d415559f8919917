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
        ({"deep": nested(63)}, "nested more than 64"),
        ({"name": "caf\udce9.csv"}, "half a character"),
    ],
)
def test_what_is_no_json_of_the_protocol_is_refused(payload: Any, text: str) -> None:
    with pytest.raises(ValidationFailed, match=text):
        size_of({"action": "echo", "payload": payload})


def test_what_is_just_deep_enough_passes() -> None:
    size = size_of({"action": "echo", "payload": {"deep": nested(62)}})
    assert size.bytes > 100 and size.containers == 64
    assert size_of({"text": "caf\u00e9 \U0001f600 \\ud800"}).containers == 1


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


def rows(number: int) -> dict[str, Any]:
    return {"action": "echo", "payload": {"rows": [{} for _ in range(number)]}}


def test_what_has_too_many_arrays_and_objects_fails_once_the_limit_is_known() -> None:
    world = World(events=1)
    [wide] = world.core.submit(rows(48))
    [fitting] = world.core.submit(rows(47))
    world.core.connecting()
    world.core.receive({"type": "welcome", "limits": {"frame_containers": 50}})
    assert isinstance(wide.error, ValidationFailed) and wide.error.details == {"limit_containers": 50}
    assert [frame["id"] for frame in world.core.take_frames()] == [fitting.id]


def test_a_batch_is_as_many_messages_as_its_arrays_and_objects_take() -> None:
    world = World(events=1)
    world.core.connecting()
    world.core.receive({"type": "welcome", "limits": {"frame_containers": 50}})
    world.core.submit(*(rows(13) for _ in range(5)))
    assert [len(frame.get("requests", [1])) for frame in world.core.take_frames()] == [3, 2]


def test_what_is_asked_and_followed_must_be_sendable_too() -> None:
    world = World(events=1)
    with pytest.raises(ValidationFailed, match="half a character"):
        world.core.ask({"type": "list", "tag": "\ud800"})
    with pytest.raises(ValidationFailed, match="half a character"):
        world.core.follow("\ud800")


def test_an_id_that_is_none_spoils_no_other_following() -> None:
    world = World(events=1)
    good, bad = world.core.follow("good"), world.core.follow("bad")
    world.core.connecting()
    world.core.receive({"type": "welcome"})
    error = {"code": "VALIDATION_ERROR", "message": "requests[1].request_id: Invalid UUID", "retryable": False}
    [together] = world.core.take_frames()
    world.core.receive({"type": "error", "id": together["id"], "error": error})
    alone = {frame["requests"][0]["request_id"]: frame["id"] for frame in world.core.take_frames()}
    world.core.receive({"type": "error", "id": alone["bad"], "error": error})
    world.core.receive({"type": "subscribed", "id": alone["good"], "requests": [{"request_id": "good"}]})
    assert good.error is None and isinstance(bad.error, ValidationFailed)
