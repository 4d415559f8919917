"""Put rows of any data source through a pipeline: read and check them, process them, write them to a file.

Importing the package is cheap. ``run`` imports what needs DuckDB, pyarrow, pandas and scikit-learn, so web processes,
which only validate payloads, do without it. Workers load it before they fork.
"""

import time
from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from typing import Any

from jobs.handler import (
    Context,
    DatasetFile,
    Example,
    Handler,
    InvalidPayload,
    OpenTable,
    RowsRead,
    blank_unusable_dates,
    format_counted,
    leave_out,
    left_out_of,
)
from jobs.handlers.process_data.consistency import inconsistencies
from jobs.handlers.process_data.estimate import estimate_seconds
from jobs.handlers.process_data.legacy_payload import (
    client_path,
    is_legacy,
    legacy_path,
    mixed_spelling_faults,
    operation_faults,
    to_current_payload,
)
from jobs.handlers.process_data.payload import Destination, ProcessPayload
from jobs.handlers.process_data.result_model import ProcessResult
from jobs.handlers.process_data.stages import Progress, Stage
from jobs.handlers.process_data.title import make_title

_PAGE_RECORDS = 20


class ProcessData(Handler[ProcessPayload]):
    """Put rows through a pipeline: transform them, or learn to classify, predict, cluster or find anomalies."""

    action = "process_data"
    group = "Data"
    examples = (
        Example(
            title="Learn from the sample",
            order=2,
            description="A model of the value of an order, from what is ordered and by whom.",
            source="sample",
            payload={
                "pipeline": "regression",
                "data_source": {"type": "dataset", "dataset_id": "sample"},
                "options": {"target": "value", "features": ["category", "region", "segment", "quantity", "channel"]},
            },
        ),
        Example(
            title="Transform the sample",
            order=4,
            description="The value of large orders, by region and category.",
            source="sample",
            payload={
                "pipeline": "transformation",
                "data_source": {"type": "dataset", "dataset_id": "sample"},
                "options": {
                    "operations": [
                        {"type": "filter", "column": "quantity", "operator": "ge", "value": 3},
                        {
                            "type": "aggregate",
                            "group_by": ["region", "category"],
                            "aggregations": [{"function": "sum", "column": "value"}, {"function": "count"}],
                        },
                        {"type": "sort", "by": [{"column": "sum_value", "descending": True}]},
                    ]
                },
            },
        ),
    )
    result_model = ProcessResult
    estimated_seconds = 15.0
    queue = "ml"
    timeout_seconds = 1800.0
    permission = "data.process"
    retry_on = (ConnectionError, TimeoutError)
    preload = (
        "jobs.data.tables.reader",
        "jobs.handlers.process_data.pipelines",
        "jobs.handlers.process_data.output.files",
        "jobs.handlers.process_data.learning.run",
    )

    def title(self, payload: ProcessPayload) -> str:
        return make_title(payload)

    def estimate(self, payload: ProcessPayload) -> float:
        return estimate_seconds(payload)

    def permissions_for(self, payload: ProcessPayload) -> Collection[str]:
        return () if payload.output.destination is None else ("datasets.write",)

    def parse(self, payload: Mapping[str, Any]) -> ProcessPayload:
        legacy = is_legacy(payload)
        faults = mixed_spelling_faults(payload) if legacy else []
        unclear = operation_faults(payload) if legacy else []
        current = to_current_payload(payload) if legacy else payload
        try:
            parsed = super().parse(current)
        except InvalidPayload as error:
            # Said once about all operations, rather than about each.
            faults += unclear + [one for one in error.faults if not unclear or "operations" not in one["path"]]
        faults += inconsistencies(current)
        if faults:
            raise InvalidPayload([{**fault, "path": client_path(fault["path"], legacy=legacy)} for fault in faults])
        if legacy:
            leave_out(parsed, [{**fault, "path": legacy_path(fault["path"])} for fault in left_out_of(parsed)])
        return parsed

    def run(self, payload: ProcessPayload, context: Context) -> dict[str, Any]:
        started, progress = time.monotonic(), Progress(context)
        progress.report(Stage.INGESTION, 0, None, "Opening the data")
        new_dataset = _new_dataset(payload.output.destination, context)  # a taken name is reported before the work
        with context.open_data(payload.data_source, on_rows=_report_rows(progress)) as table:
            text = f"Read {format_counted(table.rows, 'row')} of {table.label}"
            progress.report(Stage.INGESTION, table.rows, table.rows, text)
            return _process(table, payload, context, progress, started, new_dataset)


def _new_dataset(destination: Destination | None, context: Context) -> AbstractContextManager[DatasetFile] | None:
    if destination is None:
        return None
    return context.save_dataset(destination.dataset, expires_in_days=destination.expires_in_days)


def _process(
    table: OpenTable,
    payload: ProcessPayload,
    context: Context,
    progress: Progress,
    started: float,
    new_dataset: AbstractContextManager[DatasetFile] | None,
) -> dict[str, Any]:
    # Late, because all of these import pyarrow.
    from jobs.handlers.process_data.output.files import first_page, write_dataset, write_output  # noqa: PLC0415
    from jobs.handlers.process_data.output.names import Names, name_data  # noqa: PLC0415
    from jobs.handlers.process_data.pipelines import run_pipeline  # noqa: PLC0415
    from jobs.handlers.process_data.result import make_result  # noqa: PLC0415

    notes = [*table.notes, *blank_unusable_dates(table)]
    finished = run_pipeline(table, payload, progress)
    context.partial(first_page(finished.outcome, _PAGE_RECORDS))
    names = Names(payload=payload, data=name_data(payload.data_source, table), units=table.units)
    output = write_output(finished.outcome, payload.output.format, names.output, context, progress)
    artifacts = {"output": output, **finished.store_files(context, progress, names)}
    dataset = None if new_dataset is None else write_dataset(finished.outcome, new_dataset, context, progress)
    progress.report(Stage.STORING, len(artifacts), len(artifacts), f"Stored {_list_files(artifacts)}")
    return make_result(
        finished.outcome,
        artifacts,
        pipeline=payload.pipeline,
        records=table.rows,
        dropped=finished.dropped,
        seconds=time.monotonic() - started,
        data_fingerprint=table.fingerprint,
        figures=finished.figures,
        notes=[*notes, *finished.notes],
        dataset=dataset,
    )


def _report_rows(progress: Progress) -> RowsRead:
    def report_rows(rows: int, total: int | None) -> None:
        of = format_counted(rows, "row") if total is None else f"{rows:,} of {format_counted(total, 'row')}"
        progress.report(Stage.INGESTION, rows, total, f"Read {of}")

    return report_rows


def _list_files(artifacts: Mapping[str, Mapping[str, Any]]) -> str:
    return ", ".join(str(stored["filename"]) for stored in artifacts.values())
