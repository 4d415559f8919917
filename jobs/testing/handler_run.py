"""The outcome of a handler that ran in memory."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from jobs.errors import ErrorBody
from jobs.testing.saved import SavedArtifact, SavedDataset

RunStatus = Literal["completed", "failed", "cancelled", "retrying", "processing"]


@dataclass(frozen=True, kw_only=True)
class Report:
    """One call of ``Context.report``."""

    percentage: float
    """The percentage that clients see: 0–100, rounded to hundredths, never below that of an earlier report."""
    given_percentage: float
    """The percentage that the handler gave."""
    message: str
    metadata: Mapping[str, Any]

    @property
    def stage(self) -> Any:
        """The stage that the metadata name; None without one."""
        return self.metadata.get("stage")


@dataclass(frozen=True, kw_only=True)
class HandlerRun:
    """One attempt of a handler in memory, after its end. Nothing in it changes any more."""

    request_id: UUID
    attempt: int
    status: RunStatus
    """The status of the request after the attempt: ``processing`` when the attempt has lost it to another one."""
    result: Any
    """The result as clients get it: plain JSON, or the description of a large file. None unless completed."""
    returned: Any = field(repr=False)
    """The value that the handler returned, untouched; None when it raised."""
    limit_key: str | None
    """The key by which the handler's limits count this request. One that cannot be stored fails the run."""
    title: str
    """The title of the request. A ``title`` of the handler that raises, or returns no text, fails the run."""
    failed_items: int
    """The items that could not be done, as the handler reported them; 0 unless completed."""
    error: ErrorBody | None
    """The error that clients get; None unless failed or retrying."""
    exception: BaseException | None
    """The exception that the handler raised, stops included; None when it returned."""
    receipt: Any
    """The receipt of a run that did not complete: work that was done and stays done; None without."""
    progress: tuple[Report, ...] = field(repr=False)
    """Every report, in order."""
    partials: tuple[Any, ...]
    checkpoints: tuple[Any, ...]
    """Every state that was given to ``checkpoint``, in order."""
    resume_state: Any
    """The state that the next attempt would start from."""
    artifacts: tuple[SavedArtifact, ...]
    """The files that clients may fetch. None unless completed, except those of bulk items and of the receipt."""
    datasets: tuple[SavedDataset, ...]
    """The datasets that exist now. None unless completed."""
    discarded: tuple[SavedArtifact | SavedDataset, ...]
    """Files that were saved, and deleted because the attempt did not complete."""
    messages: tuple[Mapping[str, Any], ...] = field(repr=False)
    """Messages that followers of the request get, progress thinned: see docs/reference/protocol.md."""
    earlier: tuple["HandlerRun", ...] = field(default=(), repr=False)
    """The attempts before this one, oldest first; only ``max_attempts`` makes any."""

    @property
    def stages(self) -> tuple[str, ...]:
        """The stages in the order they were first reported."""
        return tuple(dict.fromkeys(report.stage for report in self.progress if report.stage is not None))

    def artifact(self, filename: str | None = None, *, media_type: str | None = None) -> SavedArtifact:
        """Return the one artifact of that name, of that type, or the only one there is.

        Raises ``LookupError``, which lists the artifacts, when none fits or more than one does.
        """
        found = [
            one for one in self.artifacts if filename in (None, one.filename) and media_type in (None, one.media_type)
        ]
        if len(found) != 1:
            there_are = ", ".join(f"{one.filename} ({one.media_type})" for one in self.artifacts) or "none"
            raise LookupError(f"{len(found)} artifacts fit. There are: {there_are}")
        return found[0]
