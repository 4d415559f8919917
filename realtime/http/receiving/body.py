"""The body of a request as it comes in: of a bounded size, and not slower than the settings allow."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
WINDOW_SECONDS = 10.0
_MAX_DIGITS = 18
_DISCARD_SECONDS = 5.0
_DISCARD_BYTES = 16 * 1024 * 1024


class BodyRefused(Exception):
    """The server takes no more of the body."""


class HeadUnreadable(BodyRefused):
    """The head says of the body, or of the answer, what nobody can read. The text is for the client."""


class BodyTooLarge(BodyRefused):
    """The body is above its limit."""


class BodyTooSlow(BodyRefused):
    """Too little of the body came within ``WINDOW_SECONDS``."""


class NoRoomForBody(BodyRefused):
    """A large body waits on disk, which is full."""


class HungUp(Exception):
    """The client is gone."""


class Body:
    """The body of one request. One task at a time may read it."""

    def __init__(self, scope: Scope, receive: Receive, most_bytes: int) -> None:
        headers = {name.lower(): value for name, value in scope["headers"]}
        length = headers.get(b"content-length", b"")
        # Servers take zeros in front. Python refuses to read numbers of thousands of digits.
        self.length = int(length.lstrip(b"0")[:_MAX_DIGITS] or b"0") if length.isdigit() else None
        """The size in bytes, if the client says it."""
        self.is_awaited = headers.get(b"expect", b"").lower() == b"100-continue"
        """True: the client sends nothing before the first ``read``."""
        self.most_bytes = most_bytes
        self.is_whole = b"transfer-encoding" not in headers and (
            self.length == 0 or (self.length is None and scope.get("http_version", "")[:1] == "1")
        )
        """True: no byte of it is outstanding."""
        self.is_over = asyncio.Event()
        """Set once the body is whole, or the client is gone."""
        self.is_gone = False
        if self.is_whole:
            self.is_over.set()
        self._receive = receive
        self._read_bytes = 0
        self._window_bytes = 0
        self._waited_seconds = 0.0

    async def read(self) -> bytes:
        """Return the next piece, and nothing at the end. Raises ``BodyRefused`` and ``HungUp``."""
        while not self.is_whole:
            if piece := await self._next():
                return piece
        return b""

    async def message(self) -> Any:
        """Return the next ASGI message, pieces of the body first. Raises ``BodyRefused``."""
        if self.is_over.is_set() and not self.is_whole:
            return {"type": "http.disconnect"}
        if self.is_whole:
            return await self._receive()
        try:
            piece = await self.read()
        except HungUp:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": piece, "more_body": not self.is_whole}

    async def discard(self) -> None:
        """Read what still comes, for a while, so that a client that sends first and reads then gets its answer."""
        if self.is_awaited and not self._read_bytes:
            return
        self.most_bytes = self._read_bytes + _DISCARD_BYTES
        try:
            async with asyncio.timeout(_DISCARD_SECONDS):
                while await self.read():
                    pass
        except (BodyRefused, HungUp, TimeoutError):
            return

    async def _next(self) -> bytes:
        begun = time.monotonic()
        try:
            async with asyncio.timeout(WINDOW_SECONDS - self._waited_seconds):
                message = await self._receive()
        except TimeoutError:
            self._waited_seconds = WINDOW_SECONDS
            raise BodyTooSlow from None
        if message["type"] == "http.disconnect":
            self.is_gone = True
            self.is_over.set()
            raise HungUp
        piece: bytes = message.get("body", b"")
        self._read_bytes += len(piece)
        if not message.get("more_body", False):
            self.is_whole = True
            self.is_over.set()
        if self._read_bytes > self.most_bytes:
            raise BodyTooLarge
        self._pace(len(piece), time.monotonic() - begun)
        return piece

    def _pace(self, size: int, waited_seconds: float) -> None:
        # Only the time counts in which the server waited for the client.
        self._window_bytes += size
        self._waited_seconds += waited_seconds
        if self._window_bytes >= settings.STREAMER_BODY_BYTES_PER_SECOND * WINDOW_SECONDS:
            self._window_bytes, self._waited_seconds = 0, 0.0
