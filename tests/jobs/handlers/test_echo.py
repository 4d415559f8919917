from typing import Any

import pytest

from jobs.handlers.echo import Echo
from jobs.testing import InProcessStack, run_handler


@pytest.mark.parametrize("message", ["hello", None, 1.5, [1, [2]], {"a": {"b": None}}])
def test_it_works(message: Any) -> None:
    assert run_handler(Echo, {"message": message}).result == {"message": message}


def test_without_a_message_it_says_hello() -> None:
    assert Echo().parse({}).message == "hello"


def test_the_other_one_says_the_same_from_a_worker(streamer: InProcessStack) -> None:
    request = streamer.submit("echo_async", {"message": ["hi"]})
    streamer.run()
    assert request.result == {"message": ["hi"]}
    assert [event.type for event in request.events()] == ["started", "progress", "complete"]
