"""A context in memory: it honours what ``Context`` promises, and remembers all that a handler asked of it."""

import threading
import time
import uuid
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO, Literal, TypedDict, Unpack

from django.core.files.storage import InMemoryStorage
from django.utils import timezone

from jobs.contract.base import Handler
from jobs.contract.bulk import Bulk, OnError, Operation
from jobs.contract.data_source import DataSource
from jobs.contract.source import DatasetColumns, Source
from jobs.contract.table import OpenTable, RowsRead
from jobs.errors import AttemptLost, Cancelled, Stop, TimedOut
from jobs.execution.checkpoints import storable
from jobs.execution.contexts import BaseContext, ItemContext
from jobs.execution.deadlines import time_up
from jobs.execution.reporter import progress_draft, report_json
from jobs.execution.throttle import Throttle, Update
from jobs.log.bounds import storable_message
from jobs.log.events import Draft, EventType
from jobs.queue.claims import Claim
from jobs.testing.bulk import MemoryBulk
from jobs.testing.datasets import MemoryDatasets
from jobs.testing.given import Table, given_dataset, name_of, open_given_artifact, open_given_data
from jobs.testing.handler_run import Report
from jobs.testing.saved import SavedArtifact, SavedDataset

StopAfter = int | Callable[["MemoryContext"], bool]
"""The moment of a stop: after this number of reports, or once the function says so. The next call raises it."""


class ContextOptions(TypedDict, total=False):
    """The surroundings of a run. Each field may be left out."""

    tenant_id: str
    """Default: ``acme``."""
    user_id: str
    """Default: ``alice``."""
    request_id: uuid.UUID
    """Default: a new one."""
    attempt: int
    """Counts from 1, the default. The attempts before count as failed ones for the retry policy."""
    resume_state: Any
    """The state that the last attempt left with ``checkpoint``. Default: None."""
    cancel_after: StopAfter
    """Have the next call of the context raise ``Cancelled``."""
    time_out_after: StopAfter
    """Have the next call of the context raise ``TimedOut``, as if the time of the attempt were up."""
    lose_after: StopAfter
    """Have the next call of the context raise ``AttemptLost``, as if another worker had taken the request over."""
    data: Mapping[str, Table]
    """The tables that ``open_data`` opens, by ``dataset_id``, ``path``, ``sql`` or ``stream_id`` of their source.

    ``get_source`` finds its datasets there too.

    Each is a list of rows (name → value), the path of a file in a format of data sources, or a table of pyarrow or
    pandas. Inline rows and registered sources need not be given.
    """
    artifacts: Mapping[uuid.UUID, bytes | SavedArtifact]
    """The files that ``open_artifact`` opens, by their ids."""
    use_stored_data: bool
    """Have ``open_data``, ``get_source`` and ``open_artifact`` find what database, storage and Redis hold, too."""


class _InMemory(BaseContext):
    """Keeps files in memory, and reads what the test gives."""

    _options: ContextOptions

    @cached_property
    def scratch_dir(self) -> Path:
        return Path(self._tidy.enter_context(TemporaryDirectory(prefix="streamer-run-")))

    def check_room(self) -> None:
        """Do nothing: without a database nobody has used up a quota."""

    def open_artifact(self, artifact_id: uuid.UUID) -> AbstractContextManager[BinaryIO]:
        given = self._options.get("artifacts", {})
        if artifact_id not in given and self._options.get("use_stored_data"):
            return super().open_artifact(artifact_id)
        return open_given_artifact(artifact_id, given, scratch_dir=self.scratch_dir, check=self.check)

    def open_data(self, source: DataSource, *, on_rows: RowsRead | None = None) -> AbstractContextManager[OpenTable]:
        given = self._options.get("data", {})
        if name_of(source)[1] not in given and self._options.get("use_stored_data"):
            return super().open_data(source, on_rows=on_rows)
        return open_given_data(source, given, scratch_dir=self.scratch_dir, check=self.check, on_rows=on_rows)

    def open_first_rows(self, source: DataSource, *, rows: int) -> AbstractContextManager[OpenTable]:
        """Open what the test gave, which is small, as a whole."""
        if name_of(source)[1] not in self._options.get("data", {}):
            return super().open_first_rows(source, rows=rows)
        return self.open_data(source)

    def get_source(self, name: str | DatasetColumns) -> Source:
        given = self._options.get("data", {})
        if isinstance(name, str) or (name.dataset_id not in given and self._options.get("use_stored_data")):
            return super().get_source(name)
        return given_dataset(name, given)


class MemoryItem(_InMemory, ItemContext):
    """The context of one item of a bulk in memory."""

    def __init__(self, context: "MemoryContext", index: int, seconds: float) -> None:
        self._options = context._options
        item_id = uuid.uuid5(context.request_id, str(index))
        super().__init__(context.claim, item_id, seconds=seconds, check=context.check, storage=context.storage)


class MemoryContext(_InMemory):
    """A ``Context`` without database, storage and Redis. Used in a ``with`` block, which removes its scratch folder.

    ``run_handler`` makes one for each attempt; make one yourself to test a part of a handler. The time limits of
    ``handler`` hold, if it is given.
    """

    datasets: MemoryDatasets

    def __init__(self, handler: Handler[Any] | None = None, **options: Unpack[ContextOptions]) -> None:
        self._options = options
        self._handler = handler
        self.storage = InMemoryStorage()
        request_id = options.get("request_id") or uuid.uuid4()
        super().__init__(
            request_id=request_id,
            tenant_id=options.get("tenant_id", "acme"),
            user_id=options.get("user_id", "alice"),
            attempt=options.get("attempt", 1),
            files_of=request_id,
            storage=self.storage,
        )
        self.resume_state = storable(options.get("resume_state"))
        self.datasets = MemoryDatasets(
            taken=options.get("data", {}),
            tenant_id=self.tenant_id,
            user_id=self.user_id,
            scratch=lambda: self.scratch_dir,
        )
        self.claim = self._claim()
        self.progress: list[Report] = []
        self.partials: list[Mapping[str, Any]] = []
        self.checkpoints: list[Any] = []
        self.bulks: list[MemoryBulk] = []
        self._drafts: list[Draft] = []
        self._throttle = Throttle()
        # Each report comes a second after the one before, so this one holds nothing back.
        self._unthrottled = Throttle()
        self._lock = threading.RLock()
        self._stop: Stop | None = None
        self._is_ending = False
        self._started_at = self._heard_at = time.monotonic()

    # --- for the handler -----------------------------------------------------------------------------------------

    def report(self, percentage: float, message: str = "", **metadata: Any) -> None:
        self.check()
        if self._is_ending:
            return
        update = Update(percentage=float(percentage), message=storable_message(message), metadata=report_json(metadata))
        with self._lock:
            [shown] = self._unthrottled.offer(update, float(len(self.progress)))
            self.progress.append(
                Report(
                    percentage=shown.percentage,
                    given_percentage=update.percentage,
                    message=update.message,
                    metadata=update.metadata,
                )
            )
            now = time.monotonic()
            self._send(self._overdue(now))
            self._send(self._throttle.offer(update, now))

    def check(self) -> None:
        if self._is_ending:
            return
        with self._lock:
            if self._stop is None:
                self._stop = self._due_stop()
            self._heard_at = time.monotonic()
            if self._stop is not None:
                raise self._stop

    def partial(self, data: Mapping[str, Any]) -> None:
        self.check()
        plain = report_json(data)
        if self._is_ending:
            return
        with self._lock:
            self._send(self._throttle.take(time.monotonic(), force=True))
            self.partials.append(plain)
            self._drafts.append(Draft(type=EventType.PARTIAL, data={"data": plain}))

    def checkpoint(self, state: Any) -> None:
        self.check()
        plain = storable(state)
        if self._is_ending:
            return
        with self._lock:
            self.checkpoints.append(plain)

    def bulk(self, operation: Operation, *, on_error: OnError) -> Bulk:
        if self._is_ending and self.bulks:
            return self.bulks[-1]
        bulk = MemoryBulk(
            operation,
            on_error=on_error,
            tenant_id=self.tenant_id,
            check=self.check,
            new_item_context=lambda index, seconds: MemoryItem(self, index, seconds),
            report_failed_items=self.report_failed_items,
        )
        self.bulks.append(bulk)
        return bulk

    # --- for the test --------------------------------------------------------------------------------------------

    def saved_artifacts(self) -> list[SavedArtifact]:
        """Return the files whose blocks have ended, those of bulk items too, oldest first."""
        staged = [self.staging, *(staging for bulk in self.bulks for staging in bulk.staged)]
        rows = [row for staging in staged for row in staging.rows]
        return [SavedArtifact.read(row, self.storage) for row in sorted(rows, key=lambda row: row.created_at)]

    def saved_datasets(self) -> list[SavedDataset]:
        """Return the datasets whose blocks have ended, oldest first."""
        return self.datasets.saved()

    def end_early(self) -> None:
        """Go over to the receipt: nothing stops it, nothing that it reports is shown, and the run's files are gone."""
        self.discard()
        self._is_ending = True

    def close(self) -> list[Draft]:
        """End the reports; return those that clients get, thinned, and the partial results, in order."""
        with self._lock:
            self._send(self._throttle.take(time.monotonic(), force=True))
            return list(self._drafts)

    # --- inside --------------------------------------------------------------------------------------------------

    def _claim(self) -> Claim:
        return Claim(
            request_id=self.request_id,
            attempt=self.attempt,
            token=uuid.uuid4(),
            tenant_id=self.tenant_id,
            user_id=self.user_id,
            client_id=None,
            action=self._handler.action if self._handler else "",
            queue=self._handler.queue if self._handler else "",
            title="",
            payload={},
            metadata={},
            started_at=timezone.now(),
            errors_count=self.attempt - 1,
            resume_state=self.resume_state,
        )

    def _due_stop(self) -> Stop | None:
        if self._is_due("cancel_after"):
            return Cancelled(timezone.now())
        if self._is_due("lose_after"):
            return AttemptLost()
        seconds = time.monotonic() - self._started_at
        if self._is_due("time_out_after"):
            return TimedOut(reason="attempt", seconds=self._handler.timeout_seconds if self._handler else seconds)
        if self._handler is None:
            return None
        silent_seconds = time.monotonic() - self._heard_at
        return time_up(self._handler, total_seconds=seconds, attempt_seconds=seconds, silent_seconds=silent_seconds)

    def _is_due(self, name: Literal["cancel_after", "time_out_after", "lose_after"]) -> bool:
        after = self._options.get(name)
        if after is None:
            return False
        return after(self) if callable(after) else len(self.progress) >= after

    def _overdue(self, now: float) -> list[Update]:
        """Return what would have been sent since the last report."""
        due = self._throttle.due_at()
        return [] if due is None or due > now else self._throttle.take(due)

    def _send(self, updates: list[Update]) -> None:
        self._drafts += map(progress_draft, updates)
