from typing import Any

import pytest

from jobs.contract.base import warnings_about
from jobs.handlers.echo import Echo
from jobs.testing import InProcessStack, run_handler


@pytest.mark.parametrize("message", ["hello", None, 1.5, [1, [2]], {"a": {"b": None}}])
def test_it_works(message: Any) -> None:
    assert run_handler(Echo, {"message": message}).result == {"message": message}


def test_without_a_message_it_says_hello() -> None:
    assert Echo().parse({}).message == "hello"


@pytest.mark.parametrize("sent", [{"message": "hi", "timestamp": 5}, {"message": 1, "a": {"b": [None]}, "_x": ""}])
def test_any_object_comes_back(sent: dict[str, Any]) -> None:
    parsed = Echo().parse(sent)
    assert run_handler(Echo, sent).result == sent and warnings_about(parsed) == []


def test_the_other_one_says_the_same_from_a_worker(streamer: InProcessStack) -> None:
    sent = {"message": ["hi"], "timestamp": "2026-01-31"}
    request = streamer.submit("echo_async", sent)
    streamer.run()
    assert request.result == sent
    assert [event["type"] for event in request.events()] == ["started", "progress", "complete"]
