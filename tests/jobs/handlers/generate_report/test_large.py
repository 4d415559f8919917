"""A report of half a million records: its progress is steady, and a cancel is noticed while the file is packed."""

from datetime import UTC, datetime
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from pytest_django import Settings

from jobs.handler import Cancelled
from tests.jobs.handlers.generate_report.conftest import RunReport
from tests.jobs.handlers.recording_context import RecordingContext
from tests.jobs.handlers.report_tables import definition

RECORDS = 500_000


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    number = np.arange(RECORDS)
    days = np.datetime64("2024-01-01") + number * 366 // RECORDS
    kinds = pa.array(["Tea", "Coffee", "Cocoa"]).take(pa.array(number % 3))
    path = tmp_path_factory.mktemp("large") / "many.parquet"
    pyarrow.parquet.write_table(pa.table({"day": days, "amount": pa.array(number % 100), "kind": kinds}), path)
    return path


@pytest.fixture
def many(table: Path, settings: Settings) -> None:
    settings.STREAMER_SOURCES = {"drinks": definition(table, region=None)}


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("file_format", ["csv", "excel", "pdf"])
def test_progress_never_jumps(run_report: RunReport, context: RecordingContext, file_format: str) -> None:
    result = run_report(format=file_format, compare="previous_period", group_by=["kind"])
    assert result["records"] == RECORDS
    assert min(context.jumps()) >= 0 and max(context.jumps()) <= 15
    assert context.reports[-1].percentage == 100
    if file_format == "excel":
        with ZipFile(context.artifacts[0].path) as book, book.open("xl/worksheets/sheet5.xml") as sheet:
            assert sum(part.count(b"</row>") for part in sheet) == RECORDS + 1


@pytest.mark.usefixtures("many")
def test_a_cancel_is_noticed_while_the_workbook_is_packed(run_report: RunReport, context: RecordingContext) -> None:
    def cancel() -> None:
        if context.reports and context.reports[-1].metadata.get("rows_written", 0) >= 100_000:
            raise Cancelled(datetime.now(UTC))

    context.on_check = cancel
    with pytest.raises(Cancelled):
        run_report(format="excel")
    assert context.reports[-1].metadata["rows_written"] < 120_000
