"""What a running handler may ask of the system: report, check, files, sources. Nothing else."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Protocol
from uuid import UUID

from jobs.contract.bulk import Bulk, OnError, Operation
from jobs.contract.data_source import DataSource
from jobs.contract.source import Source
from jobs.contract.table import OpenTable, RowsRead


class ArtifactFile(Protocol):
    """A file being produced, and, once its ``with`` block has ended, what became of it.

    ``file`` is binary, writable and seekable. The other attributes hold only after the block.
    """

    file: BinaryIO
    id: UUID
    url: str | None
    """None in a project that serves no files over HTTP."""
    size_bytes: int
    sha256: str
    expires_at: datetime

    def describe(self) -> dict[str, Any]:
        """``artifact_id``, ``url``, ``filename``, ``media_type``, ``size_bytes``, ``sha256``, ``expires_at``."""
        ...


class DatasetFile(Protocol):
    """A dataset being produced: ``file`` is binary, writable and seekable, and takes Parquet."""

    file: BinaryIO

    def describe(self) -> dict[str, Any]:
        """``dataset_id``, ``name``, ``rows``, ``size_bytes``, ``expires_at``. Only after the block."""
        ...


class Context(Protocol):
    """One run of one handler.

    Every method is safe to call from any thread of the handler. Each of ``report``, ``check``, ``partial`` and
    ``checkpoint`` raises ``Cancelled``, ``TimedOut`` or ``AttemptLost`` (all ``Stop``) when the run must end.
    """

    request_id: UUID
    tenant_id: str
    user_id: str
    attempt: int

    @property
    def resume_state(self) -> Any:
        """The last ``checkpoint`` of an earlier attempt. None: start from the beginning."""

    @property
    def scratch_dir(self) -> Path:
        """A folder of this run alone, removed when it ends. For spill files, never for results."""
        ...

    def report(self, percentage: float, message: str = "", **metadata: Any) -> None:
        """Say how far the work is.

        ``percentage`` is 0–100, clamped, and never goes back inside an attempt. ``metadata`` must be JSON;
        its key ``stage`` names the stage, and a change of stage is sent at once. Calls may come as often as you
        like: what is sent is thinned (see docs/reference/handlers.md) and the last value always arrives.
        """

    def check(self) -> None:
        """Raise if the run must end; costs next to nothing. Call it in every long loop."""

    def partial(self, data: Mapping[str, Any]) -> None:
        """Send an interim result, in order with the progress. Never thinned: use it sparingly."""

    def checkpoint(self, state: Any) -> None:
        """Keep ``state`` for the next attempt, in case this one is not the last. The latest wins.

        At most 64 KB of JSON; raises ``ValueError`` above and ``TypeError`` for what is no JSON. It is written within
        a fraction of a second, and in any case before the attempt ends; a worker that dies may lose the newest.
        """

    def save_artifact(self, filename: str, media_type: str) -> AbstractContextManager[ArtifactFile]:
        """Open a file that becomes a downloadable artifact when the request completes, and not before."""

    def save_dataset(self, name: str, *, expires_in_days: float | None = None) -> AbstractContextManager[DatasetFile]:
        """Open a Parquet file that becomes a dataset of the tenant when the request completes, and not before.

        ``expires_in_days``: None is the setting's, 0 never. The call raises ``Permanent`` for a name that is taken or
        malformed, a quota that is used up, and inside a bulk, so make it before the work and open the block after it;
        the end of the block does for a file without rows or with nested columns. Ask for the permission
        ``datasets.write``.
        """
        ...

    def open_artifact(self, artifact_id: UUID) -> AbstractContextManager[BinaryIO]:
        """A file that another request of this user produced, to read and to seek in.

        Raises ``Permanent`` when there is none: not this user's, expired and never there are one and the same. So it
        does when the stored file is not the one that was written.
        """
        ...

    def get_source(self, name: str) -> Source:
        """The registered source of that name. Raises ``Permanent`` when there is none."""

    def bulk(self, operation: Operation, *, on_error: OnError) -> Bulk:
        """The items of this request, or of the one whose work it shares, and what is to be done with each.

        Raises ``Permanent`` where there is no stored request to keep them with: on the spot, and inside a bulk.
        """
        ...

    def open_data(self, source: DataSource, *, on_rows: RowsRead | None = None) -> AbstractContextManager[OpenTable]:
        """The rows that a payload names, loaded into a database of this run. ``on_rows`` hears of the loading.

        Raises ``Permanent`` or ``Retryable`` when they cannot be read; ``InvalidPayload`` when they do not exist.
        """
