"""Reports as a user sees them, in every format: figures, progress, errors, cancel."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from pytest_django import Settings

from jobs.data.sample.files import write_sample
from jobs.handler import Permanent
from jobs.models import AsyncRequest
from tests.jobs.handlers.generate_report.conftest import RunReport
from tests.jobs.handlers.progress import jumps
from tests.jobs.handlers.report_tables import ROWS, definition, in_days, total, totals_by, write_parquet

YEAR = in_days(ROWS, date(2024, 1, 1), date(2024, 12, 31))


@pytest.fixture(scope="module")
def sample_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "sample"
    write_sample(folder)
    return folder


@pytest.fixture
def sample(sample_folder: Path, settings: Settings) -> Path:
    """The built-in source, over a sample of this test run."""
    files = {table.stem: str(table) for table in sample_folder.glob("*.parquet")}
    settings.STREAMER_SOURCES = {"sample": {**settings.STREAMER_SOURCES["sample"], "files": files}}
    return sample_folder


@pytest.mark.usefixtures("drinks")
def test_it_works(run_report: RunReport) -> None:
    run = run_report()
    result, artifact = run.result, run.artifact()
    assert result["records"] == len(YEAR) == 5
    assert result["filename"] == "drinks-report-2024-01-to-2024-12.csv"
    assert (result["url"], result["artifact_id"]) == (artifact.url, str(artifact.id))
    assert (result["size_bytes"], result["sha256"]) == (artifact.size_bytes, artifact.sha256)
    assert result["format"] == "csv"
    assert result["generated_at"].endswith("+00:00")
    assert result["stats"]["records_per_second"] > 0


@pytest.mark.usefixtures("drinks")
@pytest.mark.parametrize("file_format", ["csv", "pdf", "excel"])
def test_the_figures_are_those_of_the_rows(run_report: RunReport, file_format: str) -> None:
    stats = run_report(format=file_format).result["stats"]
    assert Decimal(str(stats["total_value"])) == total(YEAR) == Decimal("25.55")
    assert stats["average_value"] == 5.11
    assert (stats["categories_count"], stats["top_category"]) == (3, "Coffee")
    by_category = {row["category"]: Decimal(str(row["total_value"])) for row in stats["by_category"]}
    assert by_category == totals_by(YEAR, "kind")
    by_region = {row["region"]: Decimal(str(row["total_value"])) for row in stats["by_region"]}
    assert by_region == totals_by(YEAR, "area")


@pytest.mark.usefixtures("drinks")
@pytest.mark.parametrize(
    ("report_type", "first", "last", "periods"),
    [
        ("monthly", "2024-01-15", "2024-04-01", ["2024-01", "2024-02", "2024-03", "2024-04"]),
        ("quarterly", "2024-01-01", "2024-12-31", ["2024-Q1", "2024-Q2", "2024-Q3", "2024-Q4"]),
        ("annual", "2024-12-31", "2025-01-01", ["2024", "2025"]),
        ("custom", "2024-12-31", "2025-01-01", ["2024-12-31", "2025-01-01"]),
        ("custom", "2024-01-31", "2024-03-03", [f"2024-W0{week}" for week in range(5, 10)]),
        ("custom", "2024-01-01", "2024-05-01", [f"2024-0{month}" for month in range(1, 6)]),
    ],
)
def test_the_type_decides_the_periods(
    run_report: RunReport, report_type: str, first: str, last: str, periods: list[str]
) -> None:
    rows = run_report(report_type=report_type, start_date=first, end_date=last).result["stats"]["by_period"]
    assert [row["period"] for row in rows] == periods
    wanted = in_days(ROWS, date.fromisoformat(first), date.fromisoformat(last))
    assert sum(Decimal(str(row["total_value"])) for row in rows) == total(wanted)
    assert sum(row["records"] for row in rows) == len(wanted)


@pytest.mark.usefixtures("drinks")
@pytest.mark.parametrize(
    ("filters", "records"),
    [
        ({"kind": "Tea"}, 3),
        ({"area": ["North", "East"]}, 3),
        ({"kind": "Tea", "area": ["East", "South"]}, 1),
        ({"amount": [0.1, "20.20"]}, 2),
        ({"day": "2024-02-29"}, 1),
        ({"note": "' OR true --"}, 0),
    ],
)
def test_filters_by_value_and_by_list(run_report: RunReport, filters: dict[str, Any], records: int) -> None:
    assert run_report(filters=filters).result["records"] == records


@pytest.mark.usefixtures("drinks")
def test_an_unknown_column_is_told_with_those_there_are(run_report: RunReport) -> None:
    with pytest.raises(Permanent) as caught:
        run_report(filters={'kind" = "kind" --': "Tea"})
    assert "There are: day, amount, kind, area, note." in caught.value.message
    assert caught.value.details == {
        "missing": ['kind" = "kind" --'],
        "columns": ["day", "amount", "kind", "area", "note"],
    }


@pytest.mark.usefixtures("drinks")
@pytest.mark.parametrize("value", ["many", 1.005, True])
def test_a_filter_value_its_column_cannot_hold_is_an_error(run_report: RunReport, value: Any) -> None:
    with pytest.raises(Permanent, match="The filter on 'amount' asks for"):
        run_report(filters={"amount": value})


@pytest.mark.usefixtures("drinks")
@pytest.mark.parametrize("file_format", ["csv", "pdf", "excel"])
def test_an_empty_selection_gives_a_report(run_report: RunReport, file_format: str) -> None:
    result = run_report(format=file_format, filters={"kind": "Wine"}).result
    assert result["records"] == 0
    assert result["size_bytes"] > 0
    assert result["stats"]["top_category"] is None
    assert (result["stats"]["total_value"], result["stats"]["average_value"]) == (0, 0)


@pytest.mark.usefixtures("drinks")
def test_one_day(run_report: RunReport) -> None:
    result = run_report(start_date="2024-01-31", end_date="2024-01-31", report_type="custom", format="pdf").result
    assert result["records"] == 1
    assert [row["period"] for row in result["stats"]["by_period"]] == ["2024-01-31"]


def test_dates_in_a_csv_may_be_text(tmp_path: Path, settings: Settings, run_report: RunReport) -> None:
    path = tmp_path / "drinks.csv"
    path.write_text("day;amount;kind;area\n2024-03-01T10:00:00Z;1.10;Tea;North\nunknown;5;Tea;North\n")
    settings.STREAMER_SOURCES = {"drinks": definition(path)}
    with pytest.raises(Permanent, match='"unknown"'):
        run_report()
    path.write_text(path.read_text().replace("unknown", "2024-03-02"))
    assert run_report().result["stats"]["total_value"] == 6.1


@pytest.mark.django_db
def test_a_report_over_the_django_database(settings: Settings, run_report: RunReport) -> None:
    for number in range(1, 4):
        moment = datetime(2024, number, 29, 23, 59, tzinfo=UTC)
        AsyncRequest.objects.create(
            tenant_id="acme", action="echo", queue="default", estimated_seconds=number / 10, created_at=moment
        )
    definition = {
        "label": "Requests",
        "database": "default",
        "query": "SELECT created_at, estimated_seconds, action FROM jobs_asyncrequest",
        "date": "created_at",
        "value": "estimated_seconds",
        "category": "action",
    }
    settings.STREAMER_SOURCES = {"requests": definition}
    result = run_report(source="requests", end_date="2024-02-29", filters={"action": "echo"}).result
    assert (result["records"], result["stats"]["total_value"], result["stats"]["by_region"]) == (2, 0.3, [])


def test_float_values_add_up_without_drift(tmp_path: Path, settings: Settings, run_report: RunReport) -> None:
    rows = [{**ROWS[0], "amount": 0.1} for _ in range(1000)]
    settings.STREAMER_SOURCES = {"floats": definition(write_parquet(tmp_path / "floats.parquet", rows))}
    assert run_report(source="floats").result["stats"]["total_value"] == 100.0


@pytest.mark.parametrize("file_format", ["csv", "pdf", "excel"])
def test_days_are_those_of_utc(tmp_path: Path, settings: Settings, run_report: RunReport, file_format: str) -> None:
    moments = [datetime.fromisoformat(f"2024-03-0{day}T23:30:00-01:00") for day in (1, 2, 3)]
    rows = [{**ROWS[0], "day": moment} for moment in moments]
    settings.STREAMER_SOURCES = {"zoned": definition(write_parquet(tmp_path / "zoned.parquet", rows))}
    days = {"start_date": "2024-03-02", "end_date": "2024-03-03", "report_type": "custom"}
    stats = run_report(source="zoned", format=file_format, **days).result["stats"]
    assert [(row["period"], row["records"]) for row in stats["by_period"]] == [("2024-03-02", 1), ("2024-03-03", 1)]


def test_records_without_value_or_category(tmp_path: Path, settings: Settings, run_report: RunReport) -> None:
    rows = [*ROWS[:2], {**ROWS[0], "amount": None, "kind": None}]
    settings.STREAMER_SOURCES = {"gaps": definition(write_parquet(tmp_path / "gaps.parquet", rows))}
    stats = run_report(source="gaps").result["stats"]
    assert (stats["total_value"], stats["average_value"]) == (30.3, 15.15)
    assert {"category": "(none)", "records": 1, "total_value": 0.0, "average_value": 0.0} in stats["by_category"]


def test_beyond_a_hundred_categories_the_rest_is_one_row(
    tmp_path: Path, settings: Settings, run_report: RunReport
) -> None:
    rows = [{**ROWS[0], "kind": f"Blend {number:03}", "amount": Decimal(number)} for number in range(1, 131)]
    settings.STREAMER_SOURCES = {"many": definition(write_parquet(tmp_path / "many.parquet", rows))}
    stats = run_report(source="many", format="pdf").result["stats"]
    assert (stats["categories_count"], len(stats["by_category"])) == (130, 101)
    assert stats["by_category"][0]["category"] == "Blend 130"
    assert stats["by_category"][-1]["category"] == "All others (30)"
    assert sum(row["total_value"] for row in stats["by_category"]) == stats["total_value"] == sum(range(1, 131))


@pytest.mark.usefixtures("sample")
@pytest.mark.parametrize("file_format", ["csv", "pdf", "excel"])
def test_progress_is_steady_and_its_counts_are_true(run_report: RunReport, file_format: str) -> None:
    run = run_report(source="sample", format=file_format, start_date="2024-01-01", end_date="2024-03-31")
    result = run.result
    assert list(run.stages) == ["querying", "processing", "generating", "storing"]
    assert run.progress[-1].given_percentage == 100
    assert min(jumps(run)) >= 0 and max(jumps(run)) <= 10
    last = {report.metadata["stage"]: report for report in run.progress}
    records = result["records"]
    assert last["processing"].message == f"Processed {records:,} of {records:,} records"
    assert last["storing"].metadata["bytes_stored"] == result["size_bytes"]
    if file_format != "pdf":
        assert last["generating"].message == f"Wrote {records:,} of {records:,} rows"
    assert any(report.message == "Reading products: 80 of 80 rows" for report in run.progress)


def test_the_sample_report_adds_up(sample: Path, run_report: RunReport) -> None:
    stats = run_report(source="sample", start_date="2024-03-01", end_date="2024-03-31").result["stats"]
    tables = {
        name: pyarrow.parquet.read_table(sample / f"{name}.parquet").to_pylist()
        for name in ("products", "transactions")
    }
    category = {row["product_id"]: row["category"] for row in tables["products"]}
    orders = in_days(tables["transactions"], date(2024, 3, 1), date(2024, 3, 31), "order_date")
    expected = totals_by(({**row, "category": category[row["product_id"]]} for row in orders), "category", "value")
    assert {row["category"]: Decimal(str(row["total_value"])) for row in stats["by_category"]} == expected
    assert stats["by_period"][0]["records"] == len(orders)


@pytest.mark.usefixtures("sample")
@pytest.mark.parametrize("at_report", [1, 30, 60, 90])
def test_a_cancel_ends_the_report_at_once(run_report: RunReport, at_report: int) -> None:
    run = run_report(source="sample", cancel_after=at_report)
    assert run.status == "cancelled"
    assert len(run.progress) == at_report
    assert run.artifacts == run.discarded == ()
