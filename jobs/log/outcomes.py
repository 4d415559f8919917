"""The ways in which an attempt can end. Each outcome knows the columns that it sets and the event that it logs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Literal
from uuid import UUID

from django.db.models import F, Q
from django.utils import timezone

from jobs.errors import ErrorBody
from jobs.jsonable import to_json
from jobs.log.events import Draft, EventType
from jobs.models import Status

CancelMode = Literal["before_start", "cooperative", "killed"]


def _final(status: Status) -> dict[str, Any]:
    ended = {"lease_until": None, "attempt_token": None, "resume_state": None}
    return {"status": status, "finished_at": timezone.now(), **ended}


@dataclass(frozen=True, kw_only=True)
class Completed:
    """The handler returned."""

    result: Any
    """JSON, at most as large as the inline limit; a larger result has become an artifact before."""
    artifacts: list[dict[str, Any]]

    def changes(self) -> dict[str, Any]:
        return {**_final(Status.COMPLETED), "result": self.result, "error": None, "percentage": 100}

    def draft(self) -> Draft:
        files = {"artifacts": self.artifacts} if self.artifacts else {}
        return Draft(type=EventType.COMPLETE, data={"success": True, "result": self.result, **files, "final": True})


@dataclass(frozen=True, kw_only=True)
class FromCache:
    """The request ends with the result of an earlier one; no handler is run."""

    request_id: UUID
    """The id of the earlier request."""
    computed_at: datetime
    result: Any
    artifacts: list[dict[str, Any]]
    """The files of the earlier request, which stay its own."""

    def changes(self) -> dict[str, Any]:
        origin = {"cached_from": self.request_id, "computed_at": self.computed_at, "cache_key": None}
        return {**_final(Status.COMPLETED), "result": self.result, "percentage": 100, **origin}

    def draft(self) -> Draft:
        files = {"artifacts": self.artifacts} if self.artifacts else {}
        origin = cache_origin(self.request_id, self.computed_at)
        data = {"success": True, "result": self.result, **files, **origin, "final": True}
        return Draft(type=EventType.COMPLETE, data=data)


@dataclass(frozen=True, kw_only=True)
class Failed:
    """The request ends with an error."""

    error: ErrorBody
    counts: Mapping[str, int] | None = None
    """Counters of the row to raise, for example ``{"lost_count": 1}``."""

    def changes(self) -> dict[str, Any]:
        return {**_final(Status.FAILED), "error": _storable(self.error), **_raised(self.counts)}

    def draft(self) -> Draft:
        return Draft(type=EventType.ERROR, data={"success": False, "error": _storable(self.error), "final": True})


@dataclass(frozen=True, kw_only=True)
class CancelledOutcome:
    """The request ends because somebody cancelled it. ``seconds`` count from the wish to cancel to the end."""

    mode: CancelMode
    seconds: float
    receipt: Mapping[str, Any] | None = None
    """The work that was done before and stays done. None: there is none, or nobody can tell."""

    @classmethod
    def since(
        cls, requested_at: datetime, *, mode: CancelMode, receipt: Mapping[str, Any] | None = None
    ) -> "CancelledOutcome":
        return cls(mode=mode, seconds=(timezone.now() - requested_at).total_seconds(), receipt=receipt)

    def changes(self) -> dict[str, Any]:
        kept = {} if self.receipt is None else {"result": to_json(self.receipt)}
        return {**_final(Status.CANCELLED), **kept}

    def draft(self) -> Draft:
        kept = {} if self.receipt is None else {"receipt": to_json(self.receipt)}
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

    condition: ClassVar[Q] = Q(cancel_requested_at__isnull=True)
    """The condition for repeating: nobody claims a request that is to be cancelled, so it would wait for ever."""

    def changes(self) -> dict[str, Any]:
        return {
            "status": Status.RETRYING,
            "error": _storable(self.error),
            "available_at": self.retry_at,
            "lease_until": None,
            "attempt_token": None,
            **_raised(self.counts),
        }

    def draft(self) -> Draft:
        return Draft(
            type=EventType.RETRYING, data={"retry_at": self.retry_at.timestamp(), "error": _storable(self.error)}
        )


def cache_origin(request_id: UUID, computed_at: datetime) -> dict[str, Any]:
    """Build the object that tells clients that a result is an earlier one."""
    return {"cached": True, "cached_from": str(request_id), "computed_at": computed_at.timestamp()}


Outcome = Completed | Failed | CancelledOutcome | Repeated


def _storable(error: ErrorBody) -> Any:
    """Return the error as JSON, without details that JSON cannot express, so that the error itself is not lost."""
    try:
        return to_json(error)
    except TypeError:
        return to_json({name: value for name, value in error.items() if name != "details"})


def _raised(counts: Mapping[str, int] | None) -> dict[str, Any]:
    return {name: F(name) + number for name, number in (counts or {}).items()}
