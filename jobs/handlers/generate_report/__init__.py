"""Make reports over registered sources and datasets, as PDF, CSV or Excel.

Importing the package is cheap. ``run`` imports what needs DuckDB, pyarrow, reportlab and xlsxwriter, so web processes,
which only validate payloads, do without it. Workers load it before they fork.
"""

import time
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from decimal import localcontext
from pathlib import Path
from typing import Any

from jobs.handler import Context, Example, Handler, OpenSource, Source, name_file
from jobs.handlers.generate_report.artifact import EXTENSIONS, MEDIA_TYPES, store
from jobs.handlers.generate_report.comparison import days_to_read
from jobs.handlers.generate_report.estimate import estimate_seconds
from jobs.handlers.generate_report.figures.report import Figures, compute_figures
from jobs.handlers.generate_report.heading import make_heading
from jobs.handlers.generate_report.payload import ReportPayload
from jobs.handlers.generate_report.periods import short_range
from jobs.handlers.generate_report.records.selection import Selection, resolve_criteria, select_records
from jobs.handlers.generate_report.records.source import Records, read_source
from jobs.handlers.generate_report.records.sources import find_sources, fingerprint_of
from jobs.handlers.generate_report.records.union import combine_sources, require_union_columns
from jobs.handlers.generate_report.result import make_result
from jobs.handlers.generate_report.result_model import ReportResult
from jobs.handlers.generate_report.stages import Progress, Stage
from jobs.handlers.generate_report.title import make_title

_DIGITS = 80


class GenerateReport(Handler[ReportPayload]):
    """Make a report over sources or a dataset: totals by period, category and region, as PDF, CSV or Excel."""

    action = "generate_report"
    group = "Reports"
    examples = (
        Example(
            title="A report on a year",
            order=1,
            description="A PDF with charts of the sample orders of 2025.",
            source="sample",
            payload={
                "start_date": "2025-01-01",
                "end_date": "2025-12-31",
                "report_type": "quarterly",
                "compare": "previous_year",
                "source": "sample",
            },
        ),
    )
    result_model = ReportResult
    estimated_seconds = 7.0
    queue = "reports"
    permission = "reports.generate"
    cache_seconds = 600.0
    cache_version = 2
    preload = (
        "jobs.data.sources.reader",
        "jobs.handlers.generate_report.csv_file",
        "jobs.handlers.generate_report.excel.workbook",
        "jobs.handlers.generate_report.pdf.document",
    )

    def title(self, payload: ReportPayload) -> str:
        return make_title(payload)

    def estimate(self, payload: ReportPayload) -> float:
        return estimate_seconds(payload)

    def cache_key(self, payload: ReportPayload, tenant_id: str) -> str | None:
        return fingerprint_of(payload, tenant_id)

    def run(self, payload: ReportPayload, context: Context) -> dict[str, Any]:
        # A sum may have more than the 28 digits that Python keeps by default.
        with localcontext(prec=_DIGITS):
            return self._make(payload, context)

    def _make(self, payload: ReportPayload, context: Context) -> dict[str, Any]:
        started, generated_at = time.monotonic(), datetime.now(UTC)
        progress = Progress(context)
        path = context.scratch_dir / f"report.{EXTENSIONS[payload.format]}"
        sources = find_sources(payload, context)
        progress.report(Stage.QUERYING, 0, 1, f"Opening {sources[0].label}")
        first, *others = (source.open(context.scratch_dir, context.check) for source in sources)
        with first as reader:
            selection = select_records(_read(reader, others, payload, progress), payload, progress)
            figures = compute_figures(selection, payload)
            _write(path, payload, generated_at, str(context.request_id), selection, figures, progress)
        stored = store(path, _filename(payload, sources), MEDIA_TYPES[payload.format], context, progress)
        seconds = time.monotonic() - started
        return make_result(payload, figures, stored, notes=selection.notes, generated_at=generated_at, seconds=seconds)


def _read(
    reader: OpenSource,
    others: Sequence[AbstractContextManager[OpenSource]],
    payload: ReportPayload,
    progress: Progress,
) -> Records:
    days = days_to_read(payload)
    if others:
        require_union_columns(payload)
        return combine_sources(reader, others, days, progress)
    return read_source(reader, days, progress, check_columns=lambda columns: resolve_criteria(reader, payload, columns))


def _filename(payload: ReportPayload, sources: Sequence[Source]) -> str:
    first, *others = sources
    name = f"{first.name}-and-{len(others)}-more" if others else first.name
    days = short_range(payload.start_date, payload.end_date)
    return name_file(name, "report", days, ending=EXTENSIONS[payload.format])


def _write(
    path: Path,
    payload: ReportPayload,
    generated_at: datetime,
    request_id: str,
    selection: Selection,
    figures: Figures,
    progress: Progress,
) -> None:
    heading = make_heading(
        payload, selection.all, notes=selection.notes, request_id=request_id, generated_at=generated_at
    )
    # Each format's library weighs tens of megabytes, so only the requested one is loaded.
    if payload.format == "csv":
        from jobs.handlers.generate_report.csv_file import write_csv  # noqa: PLC0415

        write_csv(path, selection, progress)
    elif payload.format == "excel":
        from jobs.handlers.generate_report.excel.workbook import write_excel  # noqa: PLC0415

        write_excel(path, heading, figures, selection, progress, include_charts=payload.include_charts)
    else:
        from jobs.handlers.generate_report.pdf.document import write_pdf  # noqa: PLC0415

        write_pdf(path, heading, figures, progress, include_charts=payload.include_charts)
