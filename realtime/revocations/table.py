"""The copy of the table of revocations that this process has in memory.

It is read again every second, by the watch of open sockets or by who asks. A read brings the rows that have changed
lately. Every minute one brings all rows: it notices deleted ones, and those of transactions that took long. While the
database is away, the last known copy holds.
"""

import asyncio
import logging
import threading
import time
from datetime import datetime, timedelta
from typing import Final

from django.db import Error as DatabaseError

from jobs.repeats import REPEATS
from realtime.auth import Identity, KeysUnavailable, Unauthorized
from realtime.database import in_database, retried
from realtime.models import Revocation
from realtime.revocations.cutoffs import Cutoffs, Entry

logger = logging.getLogger(__name__)

POLL_SECONDS: Final = 1.0
FULL_SECONDS: Final = 60.0
# The watch polls a little more often than that, so that nobody else has to.
_STALE_SECONDS: Final = 1.5
# A database that is silent must not keep clients waiting.
_WAIT_SECONDS: Final = 1.0
# For clocks that differ, and for transactions that are committed late.
_OVERLAP: Final = timedelta(seconds=20)


class RevocationsUnavailable(KeysUnavailable):
    """This process has never been able to read the revocations, so no token can be judged now."""


class Table:
    """The copy in memory. Its methods may be called on any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.cutoffs = Cutoffs()
        """The latest known revocations. A change puts another object here."""
        self._newest: datetime | None = None
        self._asked_at = self._full_at = float("-inf")
        self._is_known = False

    def is_due(self) -> bool:
        """Return True if the caller must have the rows read now. For the next 1.5 s, others need not."""
        now = time.monotonic()
        if self._is_known and now - self._asked_at < _STALE_SECONDS:
            return False
        self._asked_at = now
        return True

    def refresh(self) -> None:
        """Read the rows that have changed, or all of them. Raises ``django.db.Error``."""
        with self._lock:
            self._asked_at = now = time.monotonic()
            is_full = self._newest is None or now - self._full_at >= FULL_SECONDS
            rows = retried(_read, None if is_full else self._newest)
            changed = (Cutoffs() if is_full else self.cutoffs).with_entries(map(_entry, rows))
            if changed != self.cutoffs:
                self.cutoffs = changed
            if rows:
                self._newest = max(row.changed_at for row in rows)
            self._full_at = now if is_full else self._full_at
            self._is_known = True

    def refresh_or_keep(self) -> None:
        """Refresh, or go by the last known rows. Raises ``RevocationsUnavailable`` if there are none."""
        try:
            self.refresh()
        except DatabaseError as error:
            logger.warning("Revocations cannot be read for now: %s", error, extra=REPEATS)
        self.require_known()

    def require_known(self) -> None:
        if not self._is_known:
            raise RevocationsUnavailable

    def judge(self, identity: Identity) -> None:
        """Raise ``Unauthorized`` for a token that is void. Looks at memory alone."""
        if self.cutoffs.is_void(identity):
            error = Unauthorized("token_revoked", "The token has been revoked")
            error.identity = identity
            raise error

    def cutoff_of_owner(self, tenant_id: str, user_id: str) -> float:
        """Return the Unix seconds before which signed URLs of a user's files were made that are void."""
        return self.cutoffs.of_user(tenant_id, user_id)

    def forget(self) -> None:
        """Begin anew, as in a new process."""
        self.cutoffs = Cutoffs()
        self._newest = None
        self._asked_at = self._full_at = float("-inf")
        self._is_known = False


TABLE: Final = Table()


async def keep_fresh() -> None:
    """Have the rows read where no watch has done so lately, and wait a second for them, but no longer.

    Raises ``RevocationsUnavailable``.
    """
    if not TABLE.is_due():
        return
    try:
        async with asyncio.timeout(_WAIT_SECONDS):
            await in_database(TABLE.refresh_or_keep)
    except TimeoutError:
        logger.warning("The database does not tell of revocations in time", extra=REPEATS)
        TABLE.require_known()


async def admit(identity: Identity) -> None:
    """Let a verified token pass. Raises ``Unauthorized`` and ``RevocationsUnavailable``."""
    await keep_fresh()
    TABLE.judge(identity)


def _read(newest: datetime | None) -> list[Revocation]:
    """Read the rows that may have changed since ``newest``, or all."""
    rows = Revocation.objects.order_by()
    return list(rows if newest is None else rows.filter(changed_at__gt=newest - _OVERLAP))


def _entry(row: Revocation) -> Entry:
    return Entry(
        tenant_id=row.tenant_id,
        user_id=row.user_id,
        token_id=row.token_id,
        issued_before=row.issued_before.timestamp(),
    )
