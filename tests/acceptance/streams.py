"""The checks of the numbered messages of a request, and their contents."""

from collections.abc import Sequence
from typing import Any

Message = dict[str, Any]


def assert_is_whole(stream: Sequence[Message], *, after_seq: int = 0) -> None:
    """Assert that they are numbered from ``after_seq`` without a gap, in order, and that only the last is final."""
    numbers = [message["seq"] for message in stream]
    assert numbers == list(range(after_seq + 1, after_seq + 1 + len(stream))), numbers
    finals = [message["seq"] for message in stream if message.get("final")]
    assert finals == numbers[-1:], f"final messages: {finals} of {numbers}"


def types(stream: Sequence[Message]) -> list[str]:
    """List the types in order, a run of progress messages as one."""
    kinds = [message["type"] for message in stream]
    return [kind for number, kind in enumerate(kinds) if kind != "progress" or number == 0 or kinds[number - 1] != kind]


def attempts(stream: Sequence[Message]) -> list[int]:
    """List the numbers of the attempts that were started."""
    return [message["attempt"] for message in stream if message["type"] == "started"]


def retry_codes(stream: Sequence[Message]) -> list[str]:
    """List the error code of each retry."""
    return [message["error"]["code"] for message in stream if message["type"] == "retrying"]


def pids(stream: Sequence[Message]) -> list[int]:
    """List the processes that ran it, in order, as ``zoo_slow`` reports them."""
    told = [message["metadata"]["pid"] for message in stream if message["type"] == "progress"]
    return list(dict.fromkeys(told))
