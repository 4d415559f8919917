"""Writes the last events of an attempt, for a while if the database is away, or deletes what it leaves behind."""

import logging
import time
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import Error as DatabaseError
from django.db import IntegrityError, connections
from django.db.models import Q

from jobs.execution import watchdog
from jobs.execution.contexts import AttemptContext
from jobs.log.events import Draft, NotOwner, append
from jobs.models import AsyncRequest
from jobs.queue.claims import Claim
from jobs.repeats import REPEATS
from jobs.usage.daily import Spent

logger = logging.getLogger(__name__)

_SETTLE_SECONDS = 60.0
_PAUSE_SECONDS = 0.5


def append_with_retries(
    claim: Claim,
    drafts: Sequence[Draft],
    changes: Mapping[str, Any],
    made: Mapping[str, Any],
    where: Q,
    spent: Spent,
) -> bool:
    """Append. Return False when the row did not meet ``where``. ``made``: rows to insert with the events."""
    give_up_at = time.monotonic() + _SETTLE_SECONDS
    unsure = False
    while True:
        try:
            append(claim.request_id, drafts, where=where, changes=changes, spent=spent, **made)
            return True
        except NotOwner:
            # A commit may have held although its answer was lost.
            ended = AsyncRequest.objects.filter(id=claim.request_id, attempt=claim.attempt, status=changes["status"])
            return unsure and ended.exists()
        except IntegrityError:
            raise
        except DatabaseError as error:
            unsure = True
            if time.monotonic() > give_up_at:
                raise
            logger.warning("The outcome of %s waits for the database: %s", claim.request_id, error, extra=REPEATS)
            connections.close_all()
            watchdog.beat()
            time.sleep(_PAUSE_SECONDS)


def discard_files(context: AttemptContext) -> None:
    """Delete what the handler has saved. Nothing waits for it any more, so a slow storage does no harm."""
    watchdog.disarm()
    try:
        context.discard()
    except Exception:  # any error of a storage: the file is an orphan
        logger.exception("Files of %s could not be deleted", context.request_id)
