"""A plain blocking publisher: many messages in one write, on kept connections.

The client library's pipeline spends several times what this takes on each call: on pools, retries and metrics.
"""

import os
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

import redis

from realtime.delivery.replies import Replies

_READ_BYTES = 4096
Message = tuple[bytes, bytes]
"""The name of a Redis channel, and what is sent through it."""


class Publisher:
    """Publishes from any thread. ``client`` says how to connect."""

    def __init__(self, client: redis.Redis) -> None:
        pool = client.connection_pool
        self._kind = pool.connection_class
        self._options: Mapping[str, Any] = pool.connection_kwargs
        self._idle: deque[_Link] = deque()
        """Links that no thread uses now. Each is taken and given back in one step, so none needs a lock."""
        self._process = os.getpid()

    def publish(self, messages: Sequence[Message]) -> list[int]:
        """Publish all of them, in one round trip, and return for each the number of subscribers.

        Raises ``redis.RedisError`` when the server does not answer. A kept connection that was cut is made
        anew. A server that is silent is not asked twice.
        """
        commands = b"".join(map(_command, messages))
        try:
            return self._exchange(commands, len(messages))
        except redis.ConnectionError:
            # What cut this connection cut the others.
            self._idle.clear()
            return self._exchange(commands, len(messages))

    def _exchange(self, commands: bytes, answers: int) -> list[int]:
        if self._process != os.getpid():
            # A connection must not be shared across a fork.
            self._idle.clear()
            self._process = os.getpid()
        try:
            link = self._idle.pop()
        except IndexError:
            connection = self._kind(**self._options)
            connection.connect()  # one that asks sentinels for its host asks them here alone
            link = _Link(connection)
        numbers = link.exchange(commands, answers)
        self._idle.append(link)
        return numbers


class _Link:
    """One connection, used by one thread at a time."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._replies = Replies()

    def exchange(self, commands: bytes, answers: int) -> list[int]:
        """Send the commands, and read until each is answered by a number. After an error the link is of no use."""
        try:
            self._connection.send_packed_command([commands])
            numbers: list[int] = []
            while len(numbers) < answers:
                numbers += [reply for reply in self._replies.feed(self._read()) if isinstance(reply, int)]
            return numbers
        except BaseException:
            self._connection.disconnect()
            raise

    def _read(self) -> bytes:
        try:
            data: bytes = self._connection._sock.recv(_READ_BYTES)
        except TimeoutError:
            raise redis.TimeoutError("Timeout reading from socket") from None
        except OSError as error:
            raise redis.ConnectionError(f"Error while reading from socket: {error}") from error
        if not data:
            raise redis.ConnectionError("Connection closed by server")
        return data


def _command(message: Message) -> bytes:
    channel, data = message
    return b"*3\r\n$7\r\nPUBLISH\r\n$%d\r\n%b\r\n$%d\r\n%b\r\n" % (len(channel), channel, len(data), data)
