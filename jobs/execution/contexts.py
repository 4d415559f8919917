"""The contexts a handler can run in: an attempt in a worker, one item of a bulk, or inline in the web process."""

import threading
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, Self

from django.core.files.storage import Storage, default_storage

from jobs.bulk.work import BulkWork
from jobs.contract.bulk import Bulk, OnError, Operation
from jobs.contract.context import ArtifactFile, DatasetFile
from jobs.contract.data_source import DataSource
from jobs.contract.source import DatasetColumns, Source
from jobs.contract.table import OpenTable, RowsRead
from jobs.data.datasets.staging import DatasetStaging
from jobs.data.sources import find_source
from jobs.data.sources.from_dataset import dataset_as_source
from jobs.errors import Permanent, TimedOut
from jobs.execution.checkpoints import storable
from jobs.execution.reporter import Reporter
from jobs.files.artifacts import ArtifactStaging
from jobs.files.reading import open_artifact
from jobs.files.scratch import scratch_folder
from jobs.queue.claims import Claim
from jobs.usage.stored import check_room

MAX_FAILED_ITEMS = 2**31 - 1
"""The most that the column holds."""


class BaseContext:
    """The part that all contexts share: identity, files, sources. Its ``with`` block tidies up."""

    def __init__(
        self,
        *,
        request_id: uuid.UUID,
        tenant_id: str,
        user_id: str,
        attempt: int,
        files_of: uuid.UUID | None,
        title: str = "",
        storage: Storage = default_storage,
    ) -> None:
        self.request_id = request_id
        self.tenant_id = tenant_id
        self.user_id = user_id
        self.attempt = attempt
        self.failed_items = 0
        self._tidy = ExitStack()
        self.staging = ArtifactStaging(
            request_id=files_of,
            attempt=attempt,
            tenant_id=tenant_id,
            user_id=user_id,
            scratch=lambda: self.scratch_dir,
            title=title,
            storage=storage,
        )
        self.datasets = DatasetStaging(
            folder=self.staging.folder, tenant_id=tenant_id, user_id=user_id, scratch=lambda: self.scratch_dir
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._tidy.close()

    @cached_property
    def scratch_dir(self) -> Path:
        # Made on first use: most quick actions never need it.
        return self._tidy.enter_context(scratch_folder())

    def check(self) -> None:
        raise NotImplementedError

    def report_failed_items(self, number: int) -> None:
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= MAX_FAILED_ITEMS:
            raise ValueError(f"a number of items is a whole number from 0 to {MAX_FAILED_ITEMS:,}, not {number!r}")
        self.failed_items = number

    def check_room(self) -> None:
        """Raise ``TenantFull`` if the tenant may store nothing more. One file may go beyond its quota."""
        check_room(self.tenant_id)

    def discard(self) -> None:
        """Delete the stored files of a run that did not complete."""
        self.staging.discard()
        self.datasets.discard()

    def save_artifact(self, filename: str, media_type: str) -> AbstractContextManager[ArtifactFile]:
        self.check()
        self.check_room()
        return self.staging.new(filename, media_type)

    def save_dataset(self, name: str, *, expires_in_days: float | None = None) -> AbstractContextManager[DatasetFile]:
        self.check()
        return self.datasets.new(name, expires_in_days)

    def open_artifact(self, artifact_id: uuid.UUID) -> AbstractContextManager[BinaryIO]:
        return open_artifact(
            artifact_id,
            tenant_id=self.tenant_id,
            user_id=self.user_id,
            scratch_dir=self.scratch_dir,
            check=self.check,
        )

    def get_source(self, name: str | DatasetColumns) -> Source:
        if isinstance(name, DatasetColumns):
            return dataset_as_source(self.tenant_id, name)
        source = find_source(name)
        if source is None:
            raise Permanent(f"No source is called '{name}'")
        return source

    def open_data(self, source: DataSource, *, on_rows: RowsRead | None = None) -> AbstractContextManager[OpenTable]:
        # DuckDB and pyarrow weigh 100 MB: a web process goes without.
        from jobs.data.tables.reader import open_data  # noqa: PLC0415

        return open_data(
            source, tenant_id=self.tenant_id, scratch_dir=self.scratch_dir, check=self.check, on_rows=on_rows
        )

    def open_first_rows(self, source: DataSource, *, rows: int) -> AbstractContextManager[OpenTable]:
        from jobs.data.tables.first_rows import open_first_rows  # noqa: PLC0415

        return open_first_rows(
            source, rows=rows, tenant_id=self.tenant_id, scratch_dir=self.scratch_dir, check=self.check
        )

    def bulk(self, operation: Operation, *, on_error: OnError) -> Bulk:
        raise Permanent("Bulk work needs a request of its own")


class AttemptContext(BaseContext):
    """The context of an attempt: what it reports goes to the log."""

    def __init__(self, claim: Claim, reporter: Reporter) -> None:
        super().__init__(
            request_id=claim.request_id,
            tenant_id=claim.tenant_id,
            user_id=claim.user_id,
            attempt=claim.attempt,
            files_of=claim.request_id,
            title=claim.title,
        )
        self.resume_state = claim.resume_state
        self._claim = claim
        self._reporter = reporter

    def report(self, percentage: float, message: str = "", **metadata: Any) -> None:
        self._reporter.report(percentage, message, metadata)

    def check(self) -> None:
        self._reporter.check()

    def partial(self, data: Mapping[str, Any]) -> None:
        self._reporter.partial(data)

    def checkpoint(self, state: Any) -> None:
        self._reporter.checkpoint(state)

    def bulk(self, operation: Operation, *, on_error: OnError) -> Bulk:
        return BulkWork(
            self._claim,
            operation,
            on_error=on_error,
            check=self.check,
            new_item_run=ItemContext,
            report_failed_items=self.report_failed_items,
        )


class EndingContext(AttemptContext):
    """The context of a handler that makes a receipt: what it reports is not shown."""

    def report(self, percentage: float, message: str = "", **metadata: Any) -> None:
        self.check()

    def partial(self, data: Mapping[str, Any]) -> None:
        self.check()

    def checkpoint(self, state: Any) -> None:
        self.check()

    def save_dataset(self, name: str, *, expires_in_days: float | None = None) -> AbstractContextManager[DatasetFile]:
        raise Permanent("A dataset cannot be made for a receipt")


class ItemContext(BaseContext):
    """The context of one item of a bulk: it has a time of its own, and what it reports is not shown.

    ``request_id`` is the item's, the same in every attempt, so it serves as an idempotency key like a request's.
    """

    resume_state = None

    def __init__(
        self,
        claim: Claim,
        item_id: uuid.UUID,
        *,
        seconds: float,
        check: Callable[[], None],
        storage: Storage = default_storage,
    ) -> None:
        bulk_id = claim.parent_id or claim.request_id
        super().__init__(
            request_id=item_id,
            tenant_id=claim.tenant_id,
            user_id=claim.user_id,
            attempt=claim.attempt,
            files_of=bulk_id,
            storage=storage,
        )
        self._check = check
        self._deadline = time.monotonic() + seconds
        self.is_late = False

    def report(self, percentage: float, message: str = "", **metadata: Any) -> None:
        self.check()

    def check(self) -> None:
        self._check()
        if time.monotonic() > self._deadline:
            self.is_late = True
            raise TimedOut

    def partial(self, data: Mapping[str, Any]) -> None:
        self.check()

    def checkpoint(self, state: Any) -> None:
        self.check()
        storable(state)

    def save_dataset(self, name: str, *, expires_in_days: float | None = None) -> AbstractContextManager[DatasetFile]:
        raise Permanent("A dataset cannot be made inside a bulk operation")


class InlineContext(BaseContext):
    """The context of a quick action: nobody watches its progress, but it must end in ``seconds``."""

    resume_state = None

    def __init__(self, *, tenant_id: str, user_id: str, seconds: float) -> None:
        super().__init__(request_id=uuid.uuid4(), tenant_id=tenant_id, user_id=user_id, attempt=1, files_of=None)
        self._deadline = time.monotonic() + seconds
        self._given_up = threading.Event()

    def report(self, percentage: float, message: str = "", **metadata: Any) -> None:
        self.check()

    def check(self) -> None:
        if self._given_up.is_set() or time.monotonic() > self._deadline:
            raise TimedOut

    def partial(self, data: Mapping[str, Any]) -> None:
        self.check()

    def checkpoint(self, state: Any) -> None:
        self.check()
        storable(state)  # no other attempt follows, but a mistake in a queued run is one here too

    def give_up(self) -> None:
        """Make the handler's next ``report`` or ``check`` raise, because nobody waits for the answer any more."""
        self._given_up.set()
