"""The ways in which an attempt can end. Each outcome knows the columns that it sets and the event that it logs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Literal
from uuid import UUID

from django.db.models import F, Q
from django.utils import timezone

from jobs.errors import ErrorBody
from jobs.log.bounds import list_artifacts, storable_error, storable_receipt
from jobs.log.events import Draft, EventType
from jobs.models import Status

CancelMode = Literal["before_start", "cooperative", "killed"]


def _final(status: Status) -> dict[str, Any]:
    ended = {"lease_until": None, "attempt_token": None, "resume_state": None, "ending": None, "ending_until": None}
    return {"status": status, "finished_at": timezone.now(), **ended}


@dataclass(frozen=True, kw_only=True)
class Completed:
    """The handler returned."""

    result: Any
    """JSON, at most as large as the inline limit; a larger result has become an artifact before."""
    artifacts: list[dict[str, Any]]
    failed_items: int = 0
    """The items that could not be done."""

    def changes(self) -> dict[str, Any]:
        kept = {"result": self.result, "failed_items": self.failed_items}
        return {**_final(Status.COMPLETED), **kept, "error": None, "percentage": 100}

    def draft(self) -> Draft:
        told = {"result": self.result, **_failures(self.failed_items), **list_artifacts(self.artifacts)}
        return Draft(type=EventType.COMPLETE, data={"success": True, **told, "final": True})


@dataclass(frozen=True, kw_only=True)
class FromCache:
    """The request ends with the result of an earlier one; no handler is run."""

    request_id: UUID
    """The id of the earlier request."""
    computed_at: datetime
    result: Any
    artifacts: list[dict[str, Any]]
    """The files of the earlier request, which stay its own."""
    failed_items: int = 0
    """The items that the earlier request could not do."""

    def changes(self) -> dict[str, Any]:
        origin = {"cached_from": self.request_id, "computed_at": self.computed_at, "cache_key": None}
        kept = {"result": self.result, "failed_items": self.failed_items}
        return {**_final(Status.COMPLETED), **kept, "percentage": 100, **origin}

    def draft(self) -> Draft:
        files = list_artifacts(self.artifacts)
        origin = cache_origin(self.request_id, self.computed_at)
        told = {"result": self.result, **_failures(self.failed_items), **files, **origin}
        return Draft(type=EventType.COMPLETE, data={"success": True, **told, "final": True})


@dataclass(frozen=True, kw_only=True)
class Failed:
    """The request ends with an error."""

    error: ErrorBody
    counts: Mapping[str, int] | None = None
    """Counters of the row to raise, for example ``{"lost_count": 1}``."""
    receipt: Any = None
    """The work that was done before and stays done, as JSON. None: there is none, or nobody can tell."""
    artifacts: Sequence[Mapping[str, Any]] = ()
    """The files of the receipt."""

    def changes(self) -> dict[str, Any]:
        kept = {} if self.receipt is None else {"result": storable_receipt(self.receipt)}
        return {**_final(Status.FAILED), "error": storable_error(self.error), **self.raised(), **kept}

    def raised(self) -> dict[str, Any]:
        """Return the counters' columns."""
        return _raised(self.counts)

    def draft(self) -> Draft:
        kept = _kept(self.receipt, self.artifacts)
        return Draft(
            type=EventType.ERROR, data={"success": False, "error": storable_error(self.error), **kept, "final": True}
        )


@dataclass(frozen=True, kw_only=True)
class CancelledOutcome:
    """The request ends because somebody cancelled it. ``seconds`` count from the wish to cancel to the end."""

    mode: CancelMode
    seconds: float
    receipt: Any = None
    """The work that was done before and stays done, as JSON. None: there is none, or nobody can tell."""
    artifacts: Sequence[Mapping[str, Any]] = ()
    """The files of the receipt."""

    @classmethod
    def since(
        cls, requested_at: datetime, *, mode: CancelMode, receipt: Mapping[str, Any] | None = None
    ) -> "CancelledOutcome":
        return cls(mode=mode, seconds=(timezone.now() - requested_at).total_seconds(), receipt=receipt)

    def changes(self) -> dict[str, Any]:
        kept = {} if self.receipt is None else {"result": storable_receipt(self.receipt)}
        return {**_final(Status.CANCELLED), **kept}

    def draft(self) -> Draft:
        kept = _kept(self.receipt, self.artifacts)
        return Draft(
            type=EventType.CANCELLED,
            data={"success": False, "mode": self.mode, "seconds": round(self.seconds, 3), **kept, "final": True},
        )


@dataclass(frozen=True, kw_only=True)
class Repeated:
    """The attempt ends, the request goes on: another attempt follows, not before ``retry_at``."""

    error: ErrorBody
    retry_at: datetime
    counts: Mapping[str, int] | None = None
    """Counters of the row to raise. None: the attempt does not count, as when its worker was told to stop."""
    columns: Mapping[str, Any] = field(default_factory=dict)
    """Other columns to set."""

    condition: ClassVar[Q] = Q(cancel_requested_at__isnull=True)
    """The condition for repeating: nobody claims a request that is to be cancelled, so it would wait for ever."""

    def changes(self) -> dict[str, Any]:
        return {
            "status": Status.RETRYING,
            "error": storable_error(self.error),
            "available_at": self.retry_at,
            "lease_until": None,
            "attempt_token": None,
            **_raised(self.counts),
            **self.columns,
        }

    def draft(self) -> Draft:
        return Draft(
            type=EventType.RETRYING, data={"retry_at": self.retry_at.timestamp(), "error": storable_error(self.error)}
        )


def cache_origin(request_id: UUID, computed_at: datetime) -> dict[str, Any]:
    """Build the object that tells clients that a result is an earlier one."""
    return {"cached": True, "cached_from": str(request_id), "computed_at": computed_at.timestamp()}


Outcome = Completed | Failed | CancelledOutcome | Repeated


def _failures(items: int) -> dict[str, int]:
    """Return the field of a final event about items that failed. There is none where none did."""
    return {"failed_items": items} if items else {}


def _kept(receipt: Any, artifacts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the fields of a final event about what was done before a request ended early."""
    kept = {} if receipt is None else {"receipt": storable_receipt(receipt)}
    return {**kept, **list_artifacts(artifacts)}


def _raised(counts: Mapping[str, int] | None) -> dict[str, Any]:
    return {name: F(name) + number for name, number in (counts or {}).items()}
