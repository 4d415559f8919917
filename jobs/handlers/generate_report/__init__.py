"""Reports over a registered source: PDF, CSV or Excel.

Importing the package is cheap. What it needs of DuckDB, pyarrow, reportlab and xlsxwriter is imported inside ``run``,
so that web processes, which only validate payloads, do without; workers have it loaded before they fork.
"""

import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jobs.handler import Context, Handler, source_fingerprint
from jobs.handlers.generate_report.artifact import ENDINGS, MEDIA_TYPES, store
from jobs.handlers.generate_report.estimate import estimate_seconds
from jobs.handlers.generate_report.figures import Figures, compute_figures
from jobs.handlers.generate_report.heading import make_heading
from jobs.handlers.generate_report.payload import ReportPayload
from jobs.handlers.generate_report.result import make_result
from jobs.handlers.generate_report.selection import Selection, select_records
from jobs.handlers.generate_report.stages import Progress, Stage


class GenerateReport(Handler[ReportPayload]):
    """Make a report over a source: totals by period, category and region, as PDF, CSV or Excel."""

    action = "generate_report"
    estimated_seconds = 7.0
    queue = "reports"
    permission = "reports.generate"
    cache_seconds = 600.0
    preload = (
        "jobs.sources.reader",
        "jobs.handlers.generate_report.csv_file",
        "jobs.handlers.generate_report.excel",
        "jobs.handlers.generate_report.pdf",
    )

    def estimate(self, payload: ReportPayload) -> float:
        return estimate_seconds(payload)

    def cache_key(self, payload: ReportPayload, tenant_id: str) -> str | None:
        return source_fingerprint(payload.source)

    def run(self, payload: ReportPayload, context: Context) -> dict[str, Any]:
        started, generated_at = time.monotonic(), datetime.now(UTC)
        progress = Progress(context)
        source = context.open_source(payload.source)
        progress.report(Stage.QUERYING, 0, 1, f"Opening {source.label}")
        path = context.scratch_dir / f"report.{ENDINGS[payload.format]}"
        with source.open(context.scratch_dir, context.check) as reader:
            selection = select_records(reader, payload, progress)
            figures = compute_figures(selection, payload)
            _write(path, payload, generated_at, selection, figures, progress)
        filename = f"{payload.source}-{payload.start_date}-{payload.end_date}.{ENDINGS[payload.format]}"
        stored = store(path, filename, MEDIA_TYPES[payload.format], context, progress)
        seconds = time.monotonic() - started
        return make_result(payload, figures, stored, generated_at=generated_at, seconds=seconds)


def _write(
    path: Path,
    payload: ReportPayload,
    generated_at: datetime,
    selection: Selection,
    figures: Figures,
    progress: Progress,
) -> None:
    source = selection.reader.source
    heading = make_heading(payload, label=source.label, description=source.description, generated_at=generated_at)
    # Each format's library weighs tens of megabytes, so only the one that is asked for is loaded.
    if payload.format == "csv":
        from jobs.handlers.generate_report.csv_file import write_csv  # noqa: PLC0415

        write_csv(path, selection, progress)
    elif payload.format == "excel":
        from jobs.handlers.generate_report.excel import write_excel  # noqa: PLC0415

        write_excel(path, heading, figures, selection, progress, include_charts=payload.include_charts)
    else:
        from jobs.handlers.generate_report.pdf import write_pdf  # noqa: PLC0415

        write_pdf(path, heading, figures, progress, include_charts=payload.include_charts)
