"""Apply operations to a few rows."""

from collections.abc import Sequence
from typing import Any

from jobs.handler import Context, OpenTable, max_result_bytes
from jobs.handlers.process_data.fitting import MARGIN_BYTES, json_size, those_that_fit
from jobs.handlers.process_data.output.files import first_records
from jobs.handlers.process_data.output.outcome import outcome_of_table
from jobs.handlers.process_data.stages import Progress
from jobs.handlers.process_data.transformation.operations import Operation
from jobs.handlers.process_data.transformation.run import dry_run, transform

_SHOWN_ROWS = 20
_MAX_TEXT = 200
_OPERATIONS = "options.operations"


def preview(table: OpenTable, operations: Sequence[Operation], context: Context, *, is_cut: bool) -> dict[str, Any]:
    """Return the result of the action. Raises ``InvalidPayload`` at the operation that does not fit the rows."""
    dry_run(table, operations, path=_OPERATIONS)
    working = transform(table, operations, Progress(context), path=_OPERATIONS).working
    columns = list(working.columns.values())
    records = first_records(outcome_of_table(table, working.name, columns, working.rows), _SHOWN_ROWS)
    rows = [{name: _cut(value) for name, value in record.items()} for record in records]
    rest = {
        "columns": [{"name": column.name, "type": column.type} for column in columns],
        "total_rows": working.rows,
        "read_rows": table.rows,
        "is_cut": is_cut,
    }
    # A larger result would be a file, of which nobody can show the first rows.
    return {**rest, "rows": those_that_fit(rows, max_result_bytes() - json_size(rest) - MARGIN_BYTES)}


def _cut(value: Any) -> Any:
    return f"{value[:_MAX_TEXT]}…" if isinstance(value, str) and len(value) > _MAX_TEXT else value
