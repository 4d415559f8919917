"""One long poll: an answer that is held until there is something to tell."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

from jobs.paging import PAGE_BYTES
from realtime.auth import Identity, Unauthorized
from realtime.connections.validity.token_expiry import GRACE_SECONDS
from realtime.http.responses import Refused
from realtime.shared import drain, registry
from realtime.wire.close_codes import CloseCode
from realtime.wire.protocol import wire_bytes

MAX_WAIT_SECONDS: Final = 60
_MAX_MESSAGES: Final = 500


class LongPoll:
    """The messages for one answer. Used on the event loop alone."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self.texts: list[str] = []
        self.on_end: Callable[[], object] = lambda: None
        """Called at the end, however it comes."""
        self._bytes = 0
        self._news = asyncio.Event()
        self._code: CloseCode | None = None

    @property
    def is_full(self) -> bool:
        """Tell whether an answer can hold no more."""
        return self._bytes >= PAGE_BYTES or len(self.texts) >= _MAX_MESSAGES

    def push(self, text: str) -> None:
        self.texts.append(text)
        self._bytes += wire_bytes(text)
        self._news.set()

    def close(self, code: CloseCode) -> None:
        """Answer at once: with an error where access was revoked, or else with what there is."""
        self._code = code
        self._news.set()

    @asynccontextmanager
    async def held(self, seconds: float) -> AsyncIterator[None]:
        """Run the block, which begins to follow, and wait for the first message: ``seconds`` for both together.

        The wait does not outlast the token. Raises ``Refused`` when the access is revoked meanwhile.
        """
        left = self.identity.expires_at + GRACE_SECONDS - time.time()
        streams = registry().streams
        streams.add(self)
        try:
            async with asyncio.timeout(min(seconds, left)):
                yield
                if not drain().begun:
                    await self._news.wait()
        except TimeoutError:
            pass
        finally:
            streams.remove(self)
            self.on_end()
        if self._code is CloseCode.REVOKED:
            raise Refused(Unauthorized("token_revoked", "The token has been revoked").body(), identity=self.identity)
