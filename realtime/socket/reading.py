"""Reads what clients send: small messages at once, large ones on threads, so that other sockets go on meanwhile.

One thread of the interpreter runs at a time. But between the steps of a large message others have their turn, and the
longest step takes a fraction of the whole.
"""

import asyncio
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from django.conf import settings

from realtime.answers.refusal import Refusal
from realtime.answers.router import Route, route_request
from realtime.auth import Identity
from realtime.wire.messages import BatchedRequest, ClientMessage, Request
from realtime.wire.protocol import invalid_binary, parse

LARGE_CHARACTERS: Final = 64 * 1024
# More would only take turns.
_THREADS: Final = 2
Routed = Route | Refusal


@dataclass(frozen=True, slots=True)
class Read:
    """A message that was read, or the error of one that cannot be."""

    message: ClientMessage | None = None
    error: Exception | None = None
    routed: Routed | None = None
    """The route of a large request. Others are routed when they are answered."""
    seconds: float = 0.0
    """The processor time on another thread."""


def is_large(event: Mapping[str, Any]) -> bool:
    return len(event.get("text") or "") > LARGE_CHARACTERS


def read(text: str | None) -> Read:
    """Read a message. ``text`` of None: it was a binary frame."""
    try:
        return Read(_parse(text))
    except Exception as error:
        return Read(error=error)


async def read_apart(text: str, identity: Identity) -> Read:
    """Read a message on a thread, and route it there if it is a request of ``identity``."""
    return await asyncio.get_running_loop().run_in_executor(_threads(), _read_and_route, text, identity)


def _parse(text: str | None) -> ClientMessage:
    if text is None:
        raise invalid_binary()
    return parse(
        text,
        longest_bytes=settings.STREAMER_MAX_FRAME_BYTES,
        most_containers=settings.STREAMER_MAX_FRAME_CONTAINERS,
    )


def _read_and_route(text: str, identity: Identity) -> Read:
    begun = time.thread_time()
    message: ClientMessage | None = None
    routed: Routed | None = None
    try:
        message = _parse(text)
        if isinstance(message, Request) and not isinstance(message, BatchedRequest):
            routed = route_request(message, identity)
    except Refusal as refusal:
        routed = refusal
    except Exception as error:
        return Read(error=error, seconds=time.thread_time() - begun)
    return Read(message, routed=routed, seconds=time.thread_time() - begun)


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_THREADS, thread_name_prefix="reading")
