"""One stream of server-sent events: what is pushed waits here until the client has room for it.

The server takes a piece only while little waits in the transport. Above a quarter of a megabyte the source is asked to
keep what it can read again later. A client that takes nothing for too long is cut off.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Final, Protocol

from django.conf import settings
from django.db import Error as DatabaseError

from jobs.incidents import report_unexpected
from jobs.repeats import REPEATS
from realtime.auth import Identity
from realtime.connections.drain import after_ms
from realtime.connections.validity.token_expiry import TokenExpiry
from realtime.http.streams import server_sent
from realtime.shared import drain, registry
from realtime.wire.close_codes import CloseCode

logger = logging.getLogger(__name__)

KEEP_ALIVE_SECONDS: Final = 15.0
CONGESTED_BYTES: Final = 256 * 1024
MAX_BYTES: Final = 8 * 1024 * 1024
"""The most that waits from a source that cannot keep anything back."""
_FREE_BYTES: Final = CONGESTED_BYTES // 4
_PIECE_BYTES: Final = 64 * 1024
_LAST_WORDS_SECONDS: Final = 3.0


class Source(Protocol):
    """A thing that a stream follows."""

    def id_of(self, message: bytes, /) -> str | None:
        """Find the id of the event of a message. None: a client that comes back need not know of it."""

    async def begin(self, stream: "EventStream") -> None:
        """Push what there is, and from then on whatever comes."""

    def go_on(self) -> None:
        """Push what was kept back, because there is room again."""

    def end(self) -> None:
        """Push nothing more."""


class EventStream:
    """A stream. ``abort`` cuts the connection of a client that does not read. Used on the event loop alone."""

    def __init__(self, identity: Identity, source: Source, abort: Callable[[], object], most_of_user: int) -> None:
        self.identity = identity
        self.is_congested = False
        """True: much waits, so only what cannot be had later should be pushed."""
        self._source = source
        self._abort = abort
        self._most_of_user = most_of_user
        self._waiting: deque[bytes] = deque()
        self._bytes = 0
        self._news = asyncio.Event()
        self._code: CloseCode | None = None
        self._has_all = self._is_over = self._is_begun = self._said_goodbye = self._has_stopped = False
        self._following: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._expiry = TokenExpiry(warn=lambda _: None, end=lambda: self.close(CloseCode.TOKEN_EXPIRED))

    def push(self, text: str) -> None:
        """Have an encoded message wait for the client. Returns at once."""
        if self._is_over or self._code is not None:
            return
        message = text.encode()
        event = server_sent.event(message, self._source.id_of(message))
        self._waiting.append(event)
        self._bytes += len(event)
        self.is_congested = self.is_congested or self._bytes >= CONGESTED_BYTES
        if self._bytes > MAX_BYTES:
            self._waiting.clear()
            self.close(CloseCode.TOO_SLOW)
        self._news.set()

    def complete(self) -> None:
        """End once all that waits is sent: nothing will follow."""
        self._has_all = True
        self._news.set()

    def close(self, code: CloseCode) -> None:
        """Say goodbye behind all that waits, and end. A client that does not read that in time is cut off."""
        if self._code is None and not self._has_all and not self._is_over:
            self._code = code
            self._stop_following()
            self._set_timer(_LAST_WORDS_SECONDS)
            self._news.set()

    async def next_piece(self) -> bytes | None:
        """Return the next bytes for the client, which has taken all before them. None: that was all."""
        if self._code is None:
            self._stop_timer()
        try:
            piece = await self._wait_for_piece() if self._is_begun else self._begin()
        except BaseException:
            self.end()
            raise
        if piece is None:
            self.end()
        elif self._code is None:
            self._set_timer(settings.STREAMER_STREAM_STALL_SECONDS)
        return piece

    def end(self) -> None:
        """Let everything go. Without effect the second time."""
        if self._is_over:
            return
        self._is_over = True
        self._stop_timer()
        self._expiry.stop()
        self._stop_following()
        self._waiting.clear()
        if self._is_begun:
            registry().streams.remove(self)

    # --- inside --------------------------------------------------------------------------------------------------

    def _begin(self) -> bytes:
        self._is_begun = True
        streams = registry().streams
        has_room = streams.count(self.identity) < self._most_of_user
        streams.add(self)
        self._expiry.watch(self.identity)
        if drain().begun:
            self.close(CloseCode.DRAIN)
        elif not has_room:  # several came at once, and each saw room for itself
            self.close(CloseCode.CONNECTION_LIMIT)
        if self._code is None:
            self._following = asyncio.get_running_loop().create_task(self._follow())
        return server_sent.BEGINNING

    async def _follow(self) -> None:
        try:
            await self._source.begin(self)
        except DatabaseError as error:
            logger.warning("A stream cannot begin for now: %s", error, extra=REPEATS)
            self.close(CloseCode.SERVER_ERROR)
        except Exception as error:
            report_unexpected(logger, "A stream failed", error)
            self.close(CloseCode.SERVER_ERROR)

    async def _wait_for_piece(self) -> bytes | None:
        while not self._waiting:
            if self._has_all or self._said_goodbye:
                return None
            if self._code is not None:
                self._said_goodbye = True
                return server_sent.goodbye(self._code, after_ms(self._code))
            self._news.clear()
            try:
                async with asyncio.timeout(KEEP_ALIVE_SECONDS):
                    await self._news.wait()
            except TimeoutError:
                return server_sent.KEEP_ALIVE
        return self._take()

    def _take(self) -> bytes:
        taken = [self._waiting.popleft()]
        size = len(taken[0])
        while self._waiting and size + len(self._waiting[0]) <= _PIECE_BYTES:
            taken.append(self._waiting.popleft())
            size += len(taken[-1])
        self._bytes -= size
        if self.is_congested and self._bytes <= _FREE_BYTES:
            self.is_congested = False
            if self._code is None:
                self._source.go_on()
        return b"".join(taken)

    def _stop_following(self) -> None:
        if self._has_stopped:
            return
        self._has_stopped = True
        task, self._following = self._following, None
        # A source may close its own stream.
        if task is not None and task is not asyncio.current_task():
            task.cancel()
        self._source.end()

    def _set_timer(self, seconds: float) -> None:
        self._stop_timer()
        self._timer = asyncio.get_running_loop().call_later(seconds, self._abort)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
