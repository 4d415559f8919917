"""Closes the sockets and streams whose users have logged out: those that Django's sessions identify have no token.

One look a second at all of them together; none while there are none.
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
from realtime.sessions import find_ended
from realtime.wire.close_codes import CloseCode

logger = logging.getLogger(__name__)

POLL_SECONDS: Final = 1.0


class SessionWatch:
    """``open`` holds the open sockets of this process, ``streams`` its streams: always those of now."""

    def __init__(self, open: Mapping[UUID, OpenConnection], streams: Collection[OpenStream]) -> None:
        self._open = open
        self._streams = streams

    async def run(self) -> None:
        """Watch until the process ends."""
        while True:
            await asyncio.sleep(POLL_SECONDS)
            try:
                await self.look()
            except DatabaseError as error:
                logger.warning("Sessions cannot be looked at for now: %s", error, extra=REPEATS)
            except Exception:  # without this task, sockets would outlive their sessions
                logger.exception("Sessions could not be looked at")

    async def look(self) -> None:
        """Close what belongs to sessions that exist no more."""
        keys = {one.identity.session_key for one in self._all()} - {""}
        if not keys:
            return
        ended = await in_database(find_ended, keys)
        for one in self._all():
            if one.identity.session_key in ended:
                one.close(CloseCode.REVOKED)

    def _all(self) -> tuple[OpenConnection | OpenStream, ...]:
        return *self._open.values(), *self._streams
