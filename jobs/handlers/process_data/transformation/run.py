"""Run the pipeline ``transformation``: operations one after another, each on the outcome of the one before."""

import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import duckdb

from jobs.handler import DATA, OpenTable, Permanent
from jobs.handlers.process_data.faults import ArithmeticFault, OperationFault, invalid
from jobs.handlers.process_data.stages import Progress
from jobs.handlers.process_data.transformation.operations import Operation
from jobs.handlers.process_data.transformation.operations.aggregate import Aggregate
from jobs.handlers.process_data.transformation.working_table import OnProgress, WorkingTable

_DRY_RUN = "dry_run"


@dataclass(frozen=True, kw_only=True)
class OperationResult:
    """The effect of one operation."""

    index: int
    type: str
    rows_before: int
    rows_after: int
    seconds: float

    def describe(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, kw_only=True)
class TransformationResult:
    working: WorkingTable
    done: list[OperationResult]
    dropped: int
    """Rows that filters, deduplications and limits removed."""


def dry_run(table: OpenTable, operations: Sequence[Operation], *, path: str) -> None:
    """Apply all operations to a table without rows, so that a wrong column is reported before any work is done.

    Raises ``InvalidPayload``; ``path`` leads to the operations in the payload.
    """
    if any(name.casefold() == "rowid" for name in table.columns):
        raise Permanent("The data has a column 'rowid', a name that DuckDB keeps for itself: rename it first.")
    table.execute(f"CREATE TABLE {_DRY_RUN} AS SELECT * FROM {DATA} LIMIT 0")
    working = WorkingTable(table, name=_DRY_RUN, prefix=_DRY_RUN)
    for index, operation in enumerate(operations):
        _apply(operation, index, working, lambda done, total: None, path)
    working.drop([working.name])


def transform(
    table: OpenTable, operations: Sequence[Operation], progress: Progress, *, path: str
) -> TransformationResult:
    """Apply all operations to the rows. The source table stays as it is."""
    working, done, dropped = WorkingTable(table), list[OperationResult](), 0
    for index, operation in enumerate(operations):
        before, started = working.rows, time.monotonic()
        _apply(operation, index, working, _on_progress(progress, index, len(operations), operation.type, before), path)
        seconds = round(time.monotonic() - started, 3)
        step = OperationResult(
            index=index, type=operation.type, rows_before=before, rows_after=working.rows, seconds=seconds
        )
        done.append(step)
        dropped += before - working.rows if operation.drops_rows else 0
        text = f"Operation {index + 1} of {len(operations)}, {operation.type}: {before:,} rows became {working.rows:,}"
        counts = {"done": before, "total": before, "rows_before": before, "rows_after": working.rows}
        progress.operation(index + 1, len(operations), 1.0, text, operation=operation.type, **counts)
    return TransformationResult(working=working, done=done, dropped=dropped)


def _apply(operation: Operation, index: int, working: WorkingTable, on_progress: OnProgress, path: str) -> None:
    where = f"{path}[{index}]"
    try:
        operation.apply(working, on_progress)
    except OperationFault as fault:
        message = f"operation {index} ({operation.type}): {fault.message}"
        raise invalid(f"{where}.{fault.path}".removesuffix("."), message, "value_error") from None
    except ArithmeticFault as fault:
        raise Permanent(f"{where} ({operation.type}): {fault}", details={"operation": index}) from None
    except Permanent as error:
        if isinstance(error.__cause__, duckdb.OutOfRangeException):
            text = f"{where} ({operation.type}): {_spoken(operation)} is too large for decimals of 38 digits."
            raise Permanent(f"{text} Cast to number first", details={"operation": index}) from error
        # The database's own message does not name the operation.
        raise Permanent(
            f"{where} ({operation.type}): {error.message}", details={"operation": index, **(error.details or {})}
        ) from error


def _spoken(operation: Operation) -> str:
    if isinstance(operation, Aggregate):
        figures = [(one.function, one.column) for one in operation.aggregations if one.column is not None]
        return " or ".join(f"'{function}' of '{column}'" for function, column in figures)
    return f"'{getattr(operation, 'function', operation.type)}' of '{getattr(operation, 'column', '')}'"


def _on_progress(progress: Progress, index: int, of: int, kind: str, rows: int) -> OnProgress:
    def on_progress(done: int, total: int) -> None:
        share = done / total if total else 1.0
        # Some operations go over the rows more than once.
        amount = f"{done:,} of {total:,} rows" if total == rows else f"{share:.0%} of the work on {rows:,} rows"
        text = f"Operation {index + 1} of {of}, {kind}: {amount}"
        progress.operation(index + 1, of, share, text, done=done, total=total, operation=kind)

    return on_progress
