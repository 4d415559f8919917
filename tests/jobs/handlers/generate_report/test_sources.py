"""Reports over several sources together."""

import csv
import io
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from pypdf import PdfReader
from pytest_django import Settings

from jobs.handler import Permanent
from jobs.testing import MemoryContext
from tests.jobs.handlers.generate_report.conftest import RunReport
from tests.jobs.handlers.progress import jumps
from tests.jobs.handlers.report_tables import ROWS, in_days, total, write_parquet

YEAR = in_days(ROWS, date(2024, 1, 1), date(2024, 12, 31))
TILL: dict[str, Any] = {"label": "The till", "date": "at", "value": "paid", "category": "what"}
TWO = ["drinks", "till"]


@pytest.fixture
def two(drinks: Path, tmp_path: Path, settings: Settings) -> None:
    """``drinks``, ``till`` with other columns, of other types and without a region, and ``old``, without a record."""
    path = tmp_path / "till.csv"
    path.write_text("at,paid,what\n2024-03-01T10:30:00,1.125,Tea\n2024-03-02T11:00:00,2,=1+1\n2023-03-01,50,Tea\n")
    settings.STREAMER_SOURCES = {
        **settings.STREAMER_SOURCES,
        "till": {**TILL, "files": str(path)},
        "old": {**TILL, "label": "Old", "files": str(path), "query": "SELECT * FROM records WHERE paid < 0"},
    }


@pytest.mark.usefixtures("two")
def test_it_works(run_report: RunReport) -> None:
    run = run_report(sources=TWO)
    result = run.result
    assert result["records"] == len(YEAR) + 2
    assert result["filename"] == "drinks-and-1-more-report-2024-01-to-2024-12.csv"
    by_source = {row["source"]: Decimal(str(row["total_value"])) for row in result["stats"]["by_source"]}
    assert by_source == {"drinks": total(YEAR), "till": Decimal("3.13")}
    with io.StringIO(run.artifact().text, newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["date", "value", "category", "region", "source"]
    assert [row["source"] for row in rows] == ["drinks"] * 3 + ["till"] * 2 + ["drinks"] * 2
    assert rows[3] == {
        "date": "2024-03-01 10:30:00",
        "value": "1.125000",
        "category": "Tea",
        "region": "",
        "source": "till",
    }


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize("file_format", ["csv", "excel", "pdf"])
def test_totals_add_up_by_source_category_and_region(run_report: RunReport, file_format: str) -> None:
    stats = run_report(sources=["drinks", "old", "till"], format=file_format, group_by=["source"]).result["stats"]
    for part, key in (("by_source", "source"), ("by_category", "category"), ("by_region", "region")):
        assert sum(row["records"] for row in stats[part]) == 7, key
    assert [row["source"] for row in stats["by_source"]] == ["drinks", "till", "old"]
    assert stats["by_group"]["groups"][0]["group"] == ["drinks"]


@pytest.mark.usefixtures("two")
def test_dates_that_are_only_days_stay_days_and_cents_cents(run_report: RunReport, settings: Settings) -> None:
    settings.STREAMER_SOURCES = {**settings.STREAMER_SOURCES, "more": settings.STREAMER_SOURCES["drinks"]}
    run = run_report(sources=["drinks", "more"], format="excel")
    book = openpyxl.load_workbook(run.artifact().open())
    assert book.sheetnames == ["Summary", "By period", "By source", "By category", "Records"]
    day, value, *_ = book["Records"][2]
    assert (day.value, day.number_format) == (datetime(2024, 1, 1), "yyyy-mm-dd")
    assert (value.value, value.number_format) == (10.1, "#,##0.00")


@pytest.mark.usefixtures("two")
def test_filters_and_compare_are_about_the_common_columns(run_report: RunReport) -> None:
    assert run_report(sources=TWO, filters={"source": "till", "category": "Tea"}).result["records"] == 1
    compared = run_report(sources=TWO, compare="previous_year").result["stats"]["compared_with"]
    assert (compared["total_value"], compared["records"]) == (50, 1)
    for wrong in ({"filters": {"kind": "Tea"}}, {"group_by": ["kind"]}):
        with pytest.raises(Permanent, match="There are: date, value, category, region, source"):
            run_report(sources=TWO, **wrong)


@pytest.mark.usefixtures("two")
def test_each_source_has_its_share_of_the_progress(run_report: RunReport) -> None:
    run = run_report(sources=TWO)
    shares: dict[str, list[float]] = {}
    for report in run.progress:
        if report.metadata["stage"] == "querying" and "source" in report.metadata:
            shares.setdefault(report.metadata["source"], []).append(report.given_percentage)
    assert {name: max(reached) for name, reached in shares.items()} == {"drinks": 15, "till": 30}
    assert min(shares["till"]) > 15 and min(jumps(run)) >= 0
    messages = [report.message for report in run.progress]
    assert "Reading records: 2 of 2 rows" in messages and "Added 2 of 2 records of The till" in messages


@pytest.mark.usefixtures("two")
def test_a_cancel_between_two_sources_ends_it(run_report: RunReport) -> None:
    def reads_the_till(context: MemoryContext) -> bool:
        return any(report.metadata.get("source") == "till" for report in context.progress)

    run = run_report(sources=TWO, cancel_after=reads_the_till)
    assert run.status == "cancelled"
    assert run.artifacts == run.discarded == ()


@pytest.mark.usefixtures("two")
def test_a_pdf_names_them(run_report: RunReport) -> None:
    run = run_report(format="pdf", sources=TWO)
    text = "\n".join(page.extract_text() for page in PdfReader(run.artifact().open()).pages)
    assert "Hot drinks + The till" in text and "By source" in text


def test_one_source_of_them_failing_fails_the_report_with_its_name(
    two: None, run_report: RunReport, settings: Settings, tmp_path: Path
) -> None:
    settings.STREAMER_SOURCES["till"]["files"] = str(tmp_path / "gone.csv")
    with pytest.raises(Permanent, match="The source 'The till' has no data"):
        run_report(sources=TWO)


def test_region_is_left_out_where_no_source_has_one(
    two: None, run_report: RunReport, settings: Settings, tmp_path: Path
) -> None:
    path = write_parquet(tmp_path / "plain.parquet", [{"at": date(2024, 1, 1), "paid": 1, "what": "Tea"}])
    settings.STREAMER_SOURCES["plain"] = {**TILL, "label": "Plain", "files": str(path)}
    assert run_report(source="till", sources=["till", "plain"]).result["stats"]["by_region"] == []
