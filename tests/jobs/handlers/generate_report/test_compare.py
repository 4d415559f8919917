"""Reports that are compared with the time before."""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import example, given, strategies
from pypdf import PdfReader
from pytest_django import Settings

from jobs.handlers.generate_report import GenerateReport
from jobs.handlers.generate_report.comparison import Comparison
from jobs.handlers.generate_report.periods import cut_into_periods, period_size
from tests.jobs.handlers.generate_report.conftest import RunReport
from tests.jobs.handlers.report_tables import ROWS, definition, write_parquet


def row(day: str, amount: str, kind: str = "Tea") -> dict[str, Any]:
    return {**ROWS[0], "day": date.fromisoformat(day), "amount": Decimal(amount), "kind": kind}


SALES = [
    row("2023-01-10", "40.00"),
    row("2023-02-28", "60.00"),
    row("2023-03-01", "5.00"),
    row("2023-12-31", "7.00"),
    row("2024-01-10", "50.00"),
    row("2024-01-11", "1.00", "Cocoa"),
    row("2024-02-29", "30.00"),
]


@pytest.fixture
def sales(tmp_path: Path, settings: Settings) -> None:
    path = write_parquet(tmp_path / "sales.parquet", SALES)
    settings.STREAMER_SOURCES = {"drinks": definition(path)}


@pytest.mark.usefixtures("sales")
def test_it_works(run_report: RunReport) -> None:
    stats = run_report(end_date="2024-02-29", compare="previous_year", filters={"kind": "Tea"}).result["stats"]
    compared = stats["compared_with"]
    assert (compared["first_day"], compared["last_day"]) == ("2023-01-01", "2023-02-28")
    assert (compared["total_value"], compared["records"]) == (100.0, 2)
    assert compared["changes"]["total_value"] == {"difference": -20.0, "change_percent": -20.0}
    assert compared["changes"]["records"] == {"difference": 0, "change_percent": 0.0}
    january, february = stats["by_period"]
    assert (january["previous"]["total_value"], january["difference"], january["change_percent"]) == (40, 10, 25)
    assert (february["previous"]["last_day"], february["change_percent"]) == ("2023-02-28", -50)


@pytest.mark.usefixtures("sales")
def test_the_previous_period_lies_right_before_and_nothing_before_is_no_change(run_report: RunReport) -> None:
    stats = run_report(start_date="2024-01-01", end_date="2024-02-29", compare="previous_period").result["stats"]
    compared = stats["compared_with"]
    assert (compared["first_day"], compared["last_day"], compared["total_value"]) == ("2023-11-02", "2023-12-31", 7)
    january, february = stats["by_period"]
    assert january["change_percent"] is None and january["difference"] == 51
    assert february["previous"] == {
        "first_day": "2023-12-03",
        "last_day": "2023-12-31",
        "records": 1,
        "total_value": 7.0,
        "average_value": 7.0,
    }


def test_without_compare_nothing_is_said(drinks: Path, run_report: RunReport) -> None:
    stats = run_report().result["stats"]
    assert stats["compared_with"] is None and "previous" not in stats["by_period"][0]


@pytest.mark.parametrize("compare", ["previous_period", "previous_year"])
@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2024-01-01", "2024-12-31"),
        ("2025-01-01", "2025-02-28"),
        ("2024-02-29", "2024-02-29"),
        ("2024-02-20", "2024-03-10"),
        ("2023-12-31", "2024-12-30"),
    ],
)
def test_the_days_before_are_counted_once_each(compare: str, first: str, last: str) -> None:
    payload = GenerateReport().parse(
        {"start_date": first, "end_date": last, "compare": compare, "report_type": "custom"}
    )
    comparison, size = Comparison(payload=payload), period_size("custom", payload.days)
    periods = list(cut_into_periods(payload.start_date, payload.end_date, size))
    before = [
        number
        for days in comparison.days_of(periods)
        for number in range(days.first.toordinal(), days.last.toordinal() + 1)
    ]
    assert before == list(range(comparison.days.first.toordinal(), comparison.days.last.toordinal() + 1))
    if compare == "previous_period":
        assert len(before) == payload.days and before[-1] + 1 == payload.start_date.toordinal()


@pytest.mark.usefixtures("sales")
@pytest.mark.parametrize("last", ["2024-02-29", "2024-03-01"])
def test_29_february_is_compared_with_nothing(run_report: RunReport, last: str) -> None:
    wish = {"start_date": "2024-02-29", "end_date": last, "compare": "previous_year", "report_type": "custom"}
    stats = run_report(**wish, format="excel").returned["stats"]
    first, *others = stats["by_period"]
    assert first["previous"] == {
        "first_day": None,
        "last_day": None,
        "records": 0,
        "total_value": 0.0,
        "average_value": 0.0,
    }
    assert first["change_percent"] is None
    assert [period["previous"]["total_value"] for period in others] == [5.0] * len(others)
    compared = stats["compared_with"]
    assert compared["total_value"] == 5.0 * len(others)
    assert compared["first_day"] == ("2023-03-01" if others else None) == compared["last_day"]
    pdf = run_report(**wish, format="pdf").artifact()
    text = "\n".join(page.extract_text() for page in PdfReader(pdf.open()).pages)
    assert f"Previous year, {'1 Mar 2023' if others else 'no such day'}" in text


@given(
    first=strategies.dates(date(2, 1, 2), date(9998, 12, 1)),
    days=strategies.integers(1, 366),
    compare=strategies.sampled_from(["previous_year", "previous_period"]),
)
@example(first=date(2024, 2, 29), days=1, compare="previous_year")
@example(first=date(2, 1, 2), days=366, compare="previous_period")
def test_no_day_is_compared_twice_or_with_a_day_of_another_date(first: date, days: int, compare: str) -> None:
    last = min(first + timedelta(days=days - 1), date(9998, 12, 30))
    payload = GenerateReport().parse(
        {"start_date": str(first), "end_date": str(last), "compare": compare, "report_type": "custom"}
    )
    before = Comparison(payload=payload).days
    count = (before.last - before.first).days + 1
    if compare == "previous_period":
        assert (count, before.last) == (payload.days, first - timedelta(days=1))
        return
    own = [first + timedelta(days=number) for number in range(payload.days)]
    wanted = {(day.month, day.day) for day in own} - {(2, 29)}
    found = {(day.month, day.day) for day in (before.first + timedelta(days=number) for number in range(count))}
    assert found - {(2, 29)} == wanted


def test_a_year_after_a_leap_year_is_compared_with_all_of_it() -> None:
    payload = GenerateReport().parse({"start_date": "2025-02-01", "end_date": "2025-02-28", "compare": "previous_year"})
    assert Comparison(payload=payload).days.last == date(2024, 2, 29)


@pytest.mark.usefixtures("sales")
def test_an_excel_report_shows_it(run_report: RunReport) -> None:
    run = run_report(format="excel", end_date="2024-02-29", compare="previous_year")
    book = openpyxl.load_workbook(run.artifact().open())
    table = [row[6:9] for row in book["By period"].iter_rows(max_col=9, values_only=True)]
    assert table == [
        ("Previous year", "Difference", "Change"),
        (40, 11, 0.275),
        (60, -30, -0.5),
        (100, -19, -0.19),
    ]
    assert len(book["Summary"]._charts[0].series) == 2
    summary = {row[0]: row[1:5] for row in book["Summary"].iter_rows(max_col=5, values_only=True)}
    assert summary["Total value"] == (81, 100, -19, -0.19)
    assert summary["Compared with"][0] == "Previous year, 1 Jan 2023 – 28 Feb 2023"


@pytest.mark.usefixtures("sales")
@pytest.mark.parametrize("filters", [{}, {"kind": "Cocoa"}, {"kind": "Wine"}])
def test_a_pdf_shows_it(run_report: RunReport, filters: dict[str, str]) -> None:
    run = run_report(format="pdf", end_date="2024-02-29", compare="previous_year", filters=filters)
    text = "\n".join(page.extract_text() for page in PdfReader(run.artifact().open()).pages)
    assert "Previous year, 1 Jan 2023 – 28 Feb 2023" in text
    assert "before: 100.00" in text if not filters else "before: 0.00" in text
    assert "−19.0 %" in text or filters
