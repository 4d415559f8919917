"""Bulk work of a run in memory: one worker does all items, in order, and nothing outlives the run."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from time import monotonic
from typing import Any

from django.db import transaction

from jobs.bulk.actions import ItemRun, run_item
from jobs.bulk.entities import find_entity
from jobs.bulk.rows import write_row
from jobs.contract.bulk import ActionOperation, Counts, EntityOperation, Item, ItemOutcome, OnError, Operation
from jobs.contract.registry import find_handler
from jobs.errors import HandlerError, Permanent
from jobs.files.artifacts import ArtifactStaging
from jobs.jsonable import to_json

NewItemContext = Callable[[int, float], AbstractContextManager[ItemRun]]
"""Called with the index of the item and the seconds that it may take."""


class MemoryBulk:
    """See ``Bulk``. Rows of entities are written to the database of the test."""

    def __init__(
        self,
        operation: Operation,
        *,
        on_error: OnError,
        tenant_id: str,
        check: Callable[[], None],
        new_item_context: NewItemContext,
        report_failed_items: Callable[[int], None],
    ) -> None:
        self._operation = operation
        self._on_error = on_error
        self._tenant_id = tenant_id
        self._check = check
        self._new_item_context = new_item_context
        self._report_failed_items = report_failed_items
        self._items: list[Item] = []
        self._outcomes: list[ItemOutcome] = []
        self._batch_size = 0
        self._cut_at = monotonic()
        self.staged: list[ArtifactStaging] = []
        """The files of each item, which stay whatever becomes of the run."""

    @property
    def is_cut(self) -> bool:
        return self._batch_size > 0

    def carry_over(self) -> bool:
        return False

    def close(self) -> None:
        """Do nothing, because nobody shares the work."""

    def cut(self, items: Iterable[Item], *, batch_size: int) -> None:
        plain = [to_json(item) for item in items]
        self._check()
        self._items, self._batch_size, self._cut_at = plain, batch_size, monotonic()

    def work(self, on_counts: Callable[[Counts], None]) -> None:
        while not self._is_stopped() and self._work_slice():
            on_counts(self.counts())
        on_counts(self.counts())
        self._report_failed_items(self.counts().failed)

    def share(self) -> int:
        done = len(self._outcomes)
        while self._work_slice():
            pass
        return len(self._outcomes) - done

    def counts(self) -> Counts:
        failed = sum(outcome.error is not None for outcome in self._outcomes)
        seconds = monotonic() - self._cut_at
        return Counts(total=len(self._items), processed=len(self._outcomes), failed=failed, seconds=seconds)

    def outcomes(self) -> Iterator[ItemOutcome]:
        return iter(list(self._outcomes))

    def rejected(self) -> Iterator[tuple[ItemOutcome, Item]]:
        return ((one, self._items[one.index]) for one in self.outcomes() if one.error is not None)

    def _is_stopped(self) -> bool:
        return self._on_error == "stop" and self.counts().failed > 0

    def _work_slice(self) -> bool:
        """Work on the next slice; False when there is none."""
        self._check()
        first = len(self._outcomes)
        if first >= len(self._items):
            return False
        # A slice that was left early is ended before the next one begins.
        last = min(len(self._items), (first // self._batch_size + 1) * self._batch_size)
        if isinstance(self._operation, EntityOperation):
            self._write_rows(self._operation, range(first, last))
        else:
            self._run_items(self._operation, range(first, last))
        return True

    def _run_items(self, operation: ActionOperation, indexes: range) -> None:
        handler = find_handler(operation.action)
        if handler is None:
            raise Permanent(f"No handler here does '{operation.action}' any more")
        for index in indexes:
            self._check()
            with self._new_item_context(index, handler.timeout_seconds) as context:
                result, error = run_item(handler, self._items[index], context)
            self.staged.append(context.staging)
            self._add(self._outcomes, index, result, error)
            if self._is_stopped():
                return

    def _write_rows(self, operation: EntityOperation, indexes: range) -> None:
        entity = find_entity(operation.entity)
        if entity is None:
            raise Permanent(f"There is no entity '{operation.entity}' any more")
        outcomes: list[ItemOutcome] = []
        with transaction.atomic():
            for index in indexes:
                self._check()
                result = error = None
                try:
                    result = write_row(entity, operation.type, self._items[index], self._tenant_id)
                except HandlerError as failure:
                    error = failure.body()
                self._add(outcomes, index, result, error)
                if error is not None and self._on_error == "stop":
                    break
        self._outcomes += outcomes

    def _add(self, outcomes: list[ItemOutcome], index: int, result: Any, error: Mapping[str, Any] | None) -> None:
        outcomes.append(ItemOutcome(index=index, result=result, error=None if error is None else to_json(error)))
