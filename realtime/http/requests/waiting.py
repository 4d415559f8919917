"""Waits for the final message of a request, which the delivery brings: nothing asks the database again and again."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from uuid import UUID

from django.conf import settings

from jobs.models import AsyncRequest
from realtime.auth import Identity
from realtime.database import in_database
from realtime.delivery.subscription import Subscription
from realtime.revocations.table import admit
from realtime.shared import delivery, drain, registry
from realtime.wire.close_codes import CloseCode

Owner = tuple[str, str]
"""Tenant and user."""
_open: Counter[Owner] = Counter()


class EndWait:
    """One wait. It keeps no message but the last. Used on the event loop alone."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self._is_new = True
        self._last = ""
        self._has_ended = False
        self._is_over = asyncio.Event()
        self._follow: Subscription | None = None

    async def follow_new(self, request_id: UUID, client_id: str | None) -> None:
        """Follow a request that is about to be stored."""
        self._follow = await self._open(request_id, client_id, 0)

    async def follow_earlier(self, request_id: UUID, client_id: str | None) -> None:
        """Follow a request that was stored before, from its last message on."""
        self.end()
        self._is_new = False
        self._follow = await self._open(request_id, client_id, await in_database(_before_the_end, request_id))

    async def final_message(self, seconds: float) -> str | None:
        """Return the final message; None if it does not come in time, or if the process stops.

        Raises ``Unauthorized`` if the token was revoked meanwhile.
        """
        assert self._follow is not None
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                if self._is_new:
                    delivery().begin(self._follow)
                else:
                    await delivery().catch_up(self._follow)
                if not drain().begun:
                    await self._is_over.wait()
        await admit(self.identity)
        return self._last if self._has_ended else None

    def close(self, code: CloseCode) -> None:
        """Wait no longer, because the process stops or the token was revoked."""
        self._is_over.set()

    def end(self) -> None:
        """Follow no longer."""
        if self._follow is not None:
            delivery().close(self._follow)
            self._follow = None

    async def _open(self, request_id: UUID, client_id: str | None, after_seq: int) -> Subscription:
        follow = await delivery().open(request_id, self._take, after_seq=after_seq, client_id=client_id)
        follow.on_end = self._complete
        return follow

    def _take(self, text: str) -> None:
        self._last = text

    def _complete(self) -> None:
        self._has_ended = True
        self._is_over.set()


@contextmanager
def end_wait(identity: Identity, seconds: float) -> Iterator[EndWait | None]:
    """Yield a wait; None if there is nothing to wait for, or the user waits too often already."""
    owner = (identity.tenant_id, identity.user_id)
    if not seconds or _open[owner] >= settings.STREAMER_MAX_CONNECTIONS_PER_USER:
        yield None
        return
    _open[owner] += 1
    wait = EndWait(identity)
    registry().streams.add(wait)
    try:
        yield wait
    finally:
        wait.end()
        registry().streams.remove(wait)
        _open[owner] -= 1
        if not _open[owner]:
            del _open[owner]


def _before_the_end(request_id: UUID) -> int:
    """Return the number before that of the final message, or the last one of a request that goes on."""
    row = AsyncRequest.objects.only("last_seq", "status").filter(id=request_id).first()
    if row is None:
        return 0
    return row.last_seq - 1 if row.is_final else row.last_seq
