"""Show what the operations of a transformation make of the first rows, while somebody writes them.

The payload is that of ``process_data``, as far as it is written. It runs inline, on few rows, in little memory.
"""

from collections.abc import Mapping
from typing import Any

from jobs.handler import Context, Handler, InvalidPayload, blank_unusable_dates
from jobs.handlers.preview_data.payload import PreviewPayload
from jobs.handlers.preview_data.result_model import PreviewResult
from jobs.handlers.process_data.legacy_payload import client_path

MAX_ROWS = 1_000


class PreviewData(Handler[PreviewPayload]):
    """Show what operations make of the first rows of a dataset."""

    action = "preview_data"
    group = "Data"
    listed = False
    result_model = PreviewResult
    estimated_seconds = 1.0
    permission = "data.process"

    def parse(self, payload: Mapping[str, Any]) -> PreviewPayload:
        try:
            return super().parse(payload)
        except InvalidPayload as error:
            faults = [{**fault, "path": client_path(fault["path"], legacy=False)} for fault in error.faults]
            raise InvalidPayload(faults) from None  # type: ignore[arg-type]

    def run(self, payload: PreviewPayload, context: Context) -> dict[str, Any]:
        # DuckDB and pyarrow weigh 100 MB, which a process without previews does without.
        from jobs.handlers.preview_data.preview import preview  # noqa: PLC0415

        with context.open_first_rows(payload.data_source, rows=MAX_ROWS) as table:
            blank_unusable_dates(table)
            return preview(table, payload.options.operations, context, is_cut=table.rows >= MAX_ROWS)
