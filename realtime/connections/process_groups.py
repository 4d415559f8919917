"""The groups of the channel layer that reach web processes: one for all of them, and one of each for itself alone.

The group of a process ends with its connection to Redis. The rows of a killed process look open for a while. Its
clients come back at once, and must not be refused because of the connections that died with it.
"""

import hashlib
import os
from collections.abc import Iterable
from typing import Final
from uuid import UUID

import redis
from channels.layers import get_channel_layer
from django.conf import settings

ALL_PROCESSES: Final = "servers"
"""The group of all web processes."""
_MARK_BYTES: Final = 4


def group_of_process(server: str) -> str:
    return f"server.{_mark_of(server).hex()}"


def new_connection_id() -> UUID:
    """Make the id of a connection of this process. Its last 8 digits name the process's group, the rest is random.

    So a connection is found at once, also before its row is written.
    """
    mark = _mark_of(settings.STREAMER_SERVER_ID)
    return UUID(bytes=os.urandom(16 - _MARK_BYTES) + mark, version=4)


def group_of_connection(connection_id: UUID) -> str:
    """Return the group of the process that made this id."""
    return f"server.{connection_id.bytes[-_MARK_BYTES:].hex()}"


def dead_processes(candidates: Iterable[str]) -> set[str]:
    """Find the processes among ``candidates`` that are known to have ended. None is while Redis cannot tell."""
    names = sorted(candidates)
    count_members = getattr(get_channel_layer(), "count_members", None)  # of Streamer's own layer alone
    if not names or count_members is None:
        return set()
    try:
        counts = count_members([group_of_process(name) for name in names])
    except (redis.RedisError, OSError):
        return set()
    return {name for name, count in zip(names, counts, strict=True) if count == 0}


def _mark_of(server: str) -> bytes:
    return hashlib.sha256(server.encode()).digest()[:_MARK_BYTES]
