from datetime import datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, strategies
from pytest_django import Settings

from jobs.handlers.generate_report.excel import records
from jobs.handlers.generate_report.excel.texts import clip
from jobs.testing import HandlerRun
from tests.jobs.handlers.generate_report.conftest import RunReport
from tests.jobs.handlers.report_tables import ROWS, definition, write_parquet


def read(run: HandlerRun) -> openpyxl.Workbook:
    workbook = next(file for file in run.artifacts if file.filename.endswith(".xlsx"))
    return openpyxl.load_workbook(workbook.open())


@pytest.mark.usefixtures("drinks")
def test_it_has_its_sheets_with_the_figures(run_report: RunReport) -> None:
    run = run_report(format="excel", report_type="quarterly", filters={"area": ["North", "South"]})
    book = read(run)
    assert book.sheetnames == ["Summary", "By period", "By category", "Records"]
    summary = {row[0]: row[1] for row in book["Summary"].iter_rows(min_col=1, max_col=2, values_only=True)}
    assert summary["Filters"] == "area is North or South"
    assert (summary["Total value"], summary["Records"], summary["Top category"]) == (25.45, 4, "Coffee")
    periods = {row[0]: row[4] for row in book["By period"].iter_rows(min_row=2, values_only=True)}
    assert periods == {"Q1 2024": 25.25, "Q2 2024": 0, "Q3 2024": 0, "Q4 2024": 0.2, "Total": 25.45}
    categories = [row[:3] for row in book["By category"].iter_rows(min_row=2, values_only=True)]
    assert categories == [("Coffee", 1, 20.2), ("Tea", 2, 5.05), ("Cocoa", 1, 0.2), ("Total", 4, 25.45)]


@pytest.mark.usefixtures("drinks")
def test_records_are_typed_and_never_formulas(run_report: RunReport) -> None:
    run = run_report(format="excel")
    sheet = read(run)["Records"]
    day, amount, _, _, note = sheet[3]
    assert (day.value, day.number_format) == (datetime(2024, 1, 31), "yyyy-mm-dd")
    assert (amount.value, amount.number_format) == (20.2, "#,##0.00")
    assert (note.value, note.data_type) == ("=1+1", "s")
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:E6"


@pytest.mark.usefixtures("drinks")
@pytest.mark.parametrize("include_charts", [True, False])
def test_charts_are_drawn_when_they_are_asked_for(run_report: RunReport, include_charts: bool) -> None:
    run = run_report(format="excel", include_charts=include_charts)
    book = read(run)
    assert len(book["Summary"]._charts) == 2 * int(include_charts)


@pytest.mark.usefixtures("drinks")
def test_more_rows_than_a_sheet_holds_go_on_on_the_next(run_report: RunReport, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "ROWS_PER_SHEET", 2)
    run = run_report(format="excel")
    book = read(run)
    assert book.sheetnames[3:] == ["Records", "Records 2", "Records 3"]
    rows = [row for name in book.sheetnames[3:] for row in book[name].iter_rows(min_row=2, values_only=True)]
    assert len(rows) == 5
    assert sum(Decimal(str(row[1])) for row in rows) == Decimal("25.55")
    assert all(book[name]["A1"].value == "day" for name in book.sheetnames[3:])


def test_long_numbers_keep_their_digits(tmp_path: Path, settings: Settings, run_report: RunReport) -> None:
    rows = [{**ROWS[0], "order_id": 12345678901234567}]
    settings.STREAMER_SOURCES = {"drinks": definition(write_parquet(tmp_path / "ids.parquet", rows))}
    run = run_report(format="excel")
    assert read(run)["Records"]["F2"].value == "12345678901234567"


def units(text: str) -> int:
    """Count as Excel does."""
    return len(text.encode("utf-16-le")) // 2


@given(text=strategies.text(max_size=60), limit=strategies.integers(1, 50))
def test_a_text_is_cut_by_the_units_that_excel_counts(text: str, limit: int) -> None:
    cut = clip(text, limit)
    assert text.startswith(cut) and units(cut) <= limit
    assert cut == text or units(cut + text[len(cut)]) > limit


def test_texts_with_emojis_fit_into_cells_and_sheet_names(
    tmp_path: Path, settings: Settings, run_report: RunReport
) -> None:
    long, name = "📏" * 16_384, "📏 of the group that it is in"
    rows = [{**ROWS[0], "kind": long, "area": long, "note": long, name: "x"}]
    path = write_parquet(tmp_path / "emojis.parquet", rows)
    settings.STREAMER_SOURCES = {"drinks": definition(path, description=long)}
    filters = {"note": ["x" * 900 + "📏" * 50] * 40 + [*"📏"]}
    for run in (
        run_report(format="excel", group_by=[name], filters=filters),
        run_report(format="excel", group_by=[name]),
    ):
        book = read(run)
        assert all(units(sheet.title) <= 31 for sheet in book)
        cells = [cell for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row]
        lengths = [units(cell) for cell in cells if isinstance(cell, str)]
        assert max(lengths) in (32_766, 32_767)
    assert "By 📏 of the group that it is" in book.sheetnames
    assert book["Records"]["E2"].value == "📏" * 16_383
    summary = dict(row[:2] for row in book["Summary"].iter_rows(values_only=True))
    assert summary["Top category"] == "📏" * 16_383 and summary["About"] == "📏" * 16_383
