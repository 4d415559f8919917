"""The ending of a request whose handler makes receipts: the step between its last attempt and the final event.

The request stays ``processing`` meanwhile. A worker makes the receipt, and the final event follows with it. Nobody but
the sweeper ends such a request otherwise, without a receipt, when its time is over.
"""

import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from jobs.contract.base import makes_receipts
from jobs.contract.registry import find_handler
from jobs.jsonable import to_json
from jobs.log.bounds import storable_receipt
from jobs.log.events import append
from jobs.log.outcomes import CancelledOutcome, Failed, Outcome, Repeated
from jobs.models import AsyncRequest, Status
from jobs.usage.daily import Spent

EarlyOutcome = Failed | CancelledOutcome


@dataclass(frozen=True, kw_only=True)
class Ending:
    """The outcome that a request is to have, with or without a receipt."""

    outcome: EarlyOutcome
    decided_at: float
    """The moment of the decision, in Unix seconds."""
    until: datetime
    """The request ends without a receipt after."""
    losses: int = 0
    """Workers that were lost while they made the receipt."""

    ends_here: ClassVar[Q] = Q(status=Status.PROCESSING, ending_until__isnull=False)
    """The condition on a row that it is in this step."""
    waits: ClassVar[Q] = ends_here & Q(attempt_token__isnull=True)
    """The condition on a row whose receipt no worker makes at present."""

    @classmethod
    def of(cls, outcome: EarlyOutcome) -> "Ending":
        until = timezone.now() + timedelta(seconds=settings.STREAMER_ENDING_SECONDS)
        if isinstance(outcome, Failed):
            outcome = replace(outcome, counts=None)  # they are raised when the ending begins
        return cls(outcome=outcome, decided_at=time.time(), until=until)

    @classmethod
    def read(cls, row: AsyncRequest) -> "Ending | None":
        """Read the ending of a row; None when it is not in this step."""
        kept, until = row.ending, row.ending_until
        if kept is None or until is None:
            return None
        outcome: EarlyOutcome
        if kept["status"] == Status.CANCELLED:
            outcome = CancelledOutcome(mode=kept["mode"], seconds=kept["seconds"], receipt=kept["receipt"])
        else:
            outcome = Failed(error=kept["error"])
        return cls(outcome=outcome, decided_at=kept["decided_at"], until=until, losses=kept["losses"])

    def begun(self) -> dict[str, Any]:
        """Return the columns for an attempt that goes on to make the receipt itself."""
        outcome = self.outcome
        kept: dict[str, Any] = {"decided_at": self.decided_at, "losses": self.losses}
        if isinstance(outcome, CancelledOutcome):
            told = {"mode": outcome.mode, "seconds": outcome.seconds, "receipt": storable_receipt(outcome.receipt)}
            kept |= {"status": Status.CANCELLED.value, **told}
        else:
            kept |= {"status": Status.FAILED.value, "error": outcome.changes()["error"]}
        return {"status": Status.PROCESSING, "ending": to_json(kept), "ending_until": self.until}

    def queued(self, *, pause_seconds: float = 0.0) -> dict[str, Any]:
        """Return the columns with which the next free worker makes the receipt, not before a pause."""
        nobody = {"attempt_token": None, "lease_until": None, "worker": ""}
        return {**self.begun(), **nobody, "available_at": timezone.now() + timedelta(seconds=pause_seconds)}

    def final(self, receipt: Any = None, artifacts: Any = ()) -> EarlyOutcome:
        """Return the outcome of the request now, with what the handler made."""
        outcome = self.outcome
        if isinstance(outcome, CancelledOutcome):
            seconds = outcome.seconds + max(0.0, time.time() - self.decided_at)
            receipt = outcome.receipt if receipt is None else receipt
            return replace(outcome, seconds=seconds, receipt=receipt, artifacts=artifacts)
        return replace(outcome, receipt=receipt, artifacts=artifacts)


def ending_of(action: str, attempt: int, outcome: Outcome) -> Ending | None:
    """Return the ending with which the request gets to that outcome; None when it has the outcome at once."""
    if attempt == 0 or not isinstance(outcome, Failed | CancelledOutcome):
        return None
    handler = find_handler(action)
    return Ending.of(outcome) if handler is not None and makes_receipts(handler) else None


def end_attempt(row: AsyncRequest, outcome: Outcome, *, where: Q) -> bool:
    """Give a request that nobody runs its outcome: at once, or after its ending.

    Return True if a worker has to be woken for it. Raises ``NotOwner`` when the row does not meet ``where``.
    """
    ending = ending_of(row.action, row.attempt, outcome)
    if ending is None:
        append(row.id, [outcome.draft()], where=where, changes=outcome.changes(), spent=_spent(row))
        return isinstance(outcome, Repeated)
    if isinstance(outcome, Failed):
        also = outcome.raised()
    else:
        also = {"cancel_requested_at": row.cancel_requested_at or timezone.now()}
    append(row.id, [], where=where, changes={**also, **ending.queued()}, spent=_spent(row))
    return True


def _spent(row: AsyncRequest) -> Spent | None:
    """Return the use of an attempt whose worker cannot tell it: its time, up to the end of its lease."""
    if row.status != Status.PROCESSING or row.attempt_token is None or row.attempt_started_at is None:
        return None
    now = timezone.now()
    seconds = (min(now, row.lease_until or now) - row.attempt_started_at).total_seconds()
    return Spent(seconds=max(0.0, seconds), bytes_before=row.stored_bytes)
