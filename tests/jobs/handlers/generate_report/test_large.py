"""A report of half a million records: its progress is steady, and a cancel is noticed while the file is packed."""

from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from pytest_django import Settings

from jobs.testing import MemoryContext
from tests.jobs.handlers.generate_report.conftest import RunReport
from tests.jobs.handlers.progress import jumps
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
def test_progress_never_jumps(run_report: RunReport, file_format: str) -> None:
    run = run_report(format=file_format, compare="previous_period", group_by=["kind"])
    assert run.result["records"] == RECORDS
    assert min(jumps(run)) >= 0 and max(jumps(run)) <= 15
    assert run.progress[-1].given_percentage == 100
    if file_format == "excel":
        with ZipFile(run.artifact().open()) as book, book.open("xl/worksheets/sheet5.xml") as sheet:
            assert sum(part.count(b"</row>") for part in sheet) == RECORDS + 1


@pytest.mark.usefixtures("many")
def test_a_cancel_is_noticed_while_the_workbook_is_packed(run_report: RunReport) -> None:
    def has_many_rows(context: MemoryContext) -> bool:
        return bool(context.progress) and context.progress[-1].metadata.get("rows_written", 0) >= 100_000

    run = run_report(format="excel", cancel_after=has_many_rows)
    assert run.status == "cancelled"
    assert run.progress[-1].metadata["rows_written"] < 120_000
