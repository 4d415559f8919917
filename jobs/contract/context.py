"""The context of a running handler: all that it may ask of the system, such as report, check and files."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Protocol
from uuid import UUID

from jobs.contract.bulk import Bulk, OnError, Operation
from jobs.contract.data_source import DataSource
from jobs.contract.source import DatasetColumns, Source
from jobs.contract.table import OpenTable, RowsRead


class ArtifactFile(Protocol):
    """A file being produced and, once its ``with`` block has ended, its facts.

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
        """Return ``artifact_id``, ``url``, ``filename``, ``media_type``, ``size_bytes``, ``sha256``, ``expires_at``."""
        ...


class DatasetFile(Protocol):
    """A dataset being produced: ``file`` is binary, writable and seekable, and takes Parquet."""

    file: BinaryIO

    def describe(self) -> dict[str, Any]:
        """Return ``dataset_id``, ``name``, ``rows``, ``size_bytes``, ``expires_at``. Only after the block."""
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
        """Report the progress of the work.

        ``percentage`` is 0–100, clamped, and never falls within an attempt. ``metadata`` must be JSON;
        its key ``stage`` names the stage, and a change of stage is sent at once. Call it as often as
        you like: updates are thinned (see docs/reference/handlers.md) and the last value always arrives.
        """

    def check(self) -> None:
        """Raise if the run must end; costs next to nothing. Call it in every long loop."""

    def report_failed_items(self, number: int) -> None:
        """Report how many items could not be done although the request completes. The latest number counts.

        Every face then calls the request "Completed with 3 failures". ``bulk`` reports its own items. Raises
        ``ValueError`` for what is no number of items, and does not raise ``Stop``.
        """

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

        ``expires_in_days``: None takes the setting, 0 means never. The call raises ``Permanent`` for a taken or
        malformed name, for a used-up quota, and inside a bulk. So call it before the work, and enter its block later.
        The end of the block raises it for a file without rows or with nested columns. Ask for the permission
        ``datasets.write``.
        """
        ...

    def open_artifact(self, artifact_id: UUID) -> AbstractContextManager[BinaryIO]:
        """Open a file that another request of this user produced, to read and to seek in.

        Raises ``Permanent`` when the user has no such file, be it another's, expired or unknown. It does so too when
        the stored file is not the one that was written.
        """
        ...

    def get_source(self, name: str | DatasetColumns) -> Source:
        """Return the registered source called ``name``, or the named dataset of the tenant as a source.

        Raises ``Permanent`` when there is no such source, and ``InvalidPayload`` when there is no such dataset.
        """

    def open_first_rows(self, source: DataSource, *, rows: int) -> AbstractContextManager[OpenTable]:
        """Load at most ``rows`` of the first rows that a payload names, in little memory: for previews.

        Raises what ``open_data`` does; ``Permanent`` too for text files, queries and streams, of which the first rows
        cannot be had without the others.
        """
        ...

    def bulk(self, operation: Operation, *, on_error: OnError) -> Bulk:
        """Return the items of this request, or of its parent, with the operation to run on each.

        Raises ``Permanent`` without a stored request to keep them with: in an inline run, and inside a bulk.
        """
        ...

    def open_data(self, source: DataSource, *, on_rows: RowsRead | None = None) -> AbstractContextManager[OpenTable]:
        """Load the rows that a payload names into a database of this run. ``on_rows`` is called while they load.

        Raises ``Permanent`` or ``Retryable`` when they cannot be read; ``InvalidPayload`` when they do not exist.
        """
