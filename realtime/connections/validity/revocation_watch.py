"""Keeps the revocations of this process up to date, and closes the sockets and streams whose tokens they void.

A hint through the channel layer comes at once. Without it, the next read is at most a second later.
"""

import asyncio
import logging
from collections.abc import Collection, Mapping
from typing import Final
from uuid import UUID

from django.db import Error as DatabaseError

from jobs.repeats import REPEATS
from realtime.connections.open_connection import OpenConnection
from realtime.connections.open_streams import OpenStream
from realtime.database import in_database
from realtime.delivery.groups import Groups
from realtime.revocations.cutoffs import Cutoffs
from realtime.revocations.table import POLL_SECONDS, TABLE
from realtime.revocations.writing import GROUP
from realtime.wire.close_codes import CloseCode

logger = logging.getLogger(__name__)

# Hints of many revocations in a row lead to one read each time.
_PAUSE_SECONDS: Final = 0.05


class RevocationWatch:
    """``open`` holds the open sockets of this process, ``streams`` its streams: always those of now."""

    def __init__(self, open: Mapping[UUID, OpenConnection], streams: Collection[OpenStream] = ()) -> None:
        self._open = open
        self._streams = streams
        self._hinted = asyncio.Event()
        self._groups = Groups(lambda hint: self._hinted.set())
        self._applied: Cutoffs | None = None

    async def run(self) -> None:
        """Watch until the process ends."""
        self._groups.join(GROUP)
        while True:
            self._hinted.clear()
            try:
                await in_database(TABLE.refresh)
            except DatabaseError as error:
                logger.warning("Revocations cannot be read for now: %s", error, extra=REPEATS)
            except Exception:  # without this task, revoked sockets would stay open
                logger.exception("The revocations could not be read")
            self._close_revoked()
            await asyncio.sleep(_PAUSE_SECONDS)
            await self._wait_for_hint()

    async def _wait_for_hint(self) -> None:
        try:
            async with asyncio.timeout(POLL_SECONDS - _PAUSE_SECONDS):
                await self._hinted.wait()
        except TimeoutError:
            return

    def _close_revoked(self) -> None:
        cutoffs = TABLE.cutoffs
        if cutoffs is self._applied:
            return
        for one in (*self._open.values(), *self._streams):
            if cutoffs.is_void(one.identity):
                one.close(CloseCode.REVOKED)
        self._applied = cutoffs
