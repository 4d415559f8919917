"""What must hold of the numbered messages of a request, and what they say."""

from collections.abc import Sequence
from typing import Any

Message = dict[str, Any]


def assert_is_whole(stream: Sequence[Message], *, after_seq: int = 0) -> None:
    """Numbered on from ``after_seq`` without a hole, each once, in order; the last one final, and no other."""
    numbers = [message["seq"] for message in stream]
    assert numbers == list(range(after_seq + 1, after_seq + 1 + len(stream))), numbers
    finals = [message["seq"] for message in stream if message.get("final")]
    assert finals == numbers[-1:], f"final messages: {finals} of {numbers}"


def types(stream: Sequence[Message]) -> list[str]:
    """The types in order, a run of progress messages as one."""
    kinds = [message["type"] for message in stream]
    return [kind for number, kind in enumerate(kinds) if kind != "progress" or number == 0 or kinds[number - 1] != kind]


def attempts(stream: Sequence[Message]) -> list[int]:
    """The numbers of the attempts that were started."""
    return [message["attempt"] for message in stream if message["type"] == "started"]


def retry_codes(stream: Sequence[Message]) -> list[str]:
    """Why it was tried again, each time."""
    return [message["error"]["code"] for message in stream if message["type"] == "retrying"]


def pids(stream: Sequence[Message]) -> list[int]:
    """The processes that ran it, in order, as ``zoo_slow`` tells them."""
    told = [message["metadata"]["pid"] for message in stream if message["type"] == "progress"]
    return list(dict.fromkeys(told))
