"""Reads what Redis says to a subscriber: replies and messages, many at a time, out of the bytes as they come. Pure.

The client library reads each line of each message in a coroutine of its own, under a timer of its own. That takes more
than all that a message needs afterwards.
"""

from typing import Any

import redis

_NULL = b"-1"
_Parsed = tuple[Any, int]
"""A value, and the place behind it."""


class Replies:
    """The replies on one connection, in either version of Redis' protocol."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[Any]:
        """Take the next bytes. Return the replies that are complete now: bytes, numbers, None, and lists of these.

        Raises ``redis.ResponseError`` for an error that Redis answers, ``redis.InvalidResponse`` for anything unknown.
        """
        rest = self._rest + data if self._rest else data
        replies = []
        start = 0
        while (parsed := _parse(rest, start)) is not None:
            reply, start = parsed
            replies.append(reply)
        self._rest = rest[start:]
        return replies


def _parse(data: bytes, start: int) -> _Parsed | None:
    """Read one value. Return None while it is incomplete."""
    end = data.find(b"\r\n", start)
    if end < 0:
        return None
    kind, head, place = data[start : start + 1], data[start + 1 : end], end + 2
    if kind == b"$":
        if head == _NULL:
            return None, place
        end = place + int(head)
        return (data[place:end], end + 2) if len(data) >= end + 2 else None
    if kind in (b">", b"*"):
        items = []
        for _ in range(int(head)):
            parsed = _parse(data, place)
            if parsed is None:
                return None
            item, place = parsed
            items.append(item)
        return items, place
    if kind == b"+":
        return head, place
    if kind == b":":
        return int(head), place
    if kind == b"_":
        return None, place
    if kind == b"-":
        raise redis.ResponseError(head.decode("utf-8", "replace"))
    raise redis.InvalidResponse(f"Redis said {data[start : start + 20]!r}")
