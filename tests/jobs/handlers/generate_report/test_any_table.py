"""Any table makes documents that open, fit their pages and say every figure."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, example, given, strategies
from hypothesis import settings as hypothesis_settings
from pypdf import PdfReader
from pytest_django import Settings

from jobs.testing import HandlerRun
from tests.jobs.handlers.generate_report.conftest import RunReport
from tests.jobs.handlers.report_tables import definition

TEXTS = strategies.none() | strategies.sampled_from(
    [
        "",
        "x",
        "=1+1",
        "שלום עולם",
        "مرحبا بالعالم",
        "年収は？",
        "한국어",
        "👩‍👩‍👧 📏",
        "<b>&amp;",
        "word " * 200,
        "x" * 400,
        "\x00\x0b\ud800"[:2],
    ]
)
AMOUNTS = strategies.none() | strategies.sampled_from(
    [0.0, -0.0, 1e-9, 0.005, -12.5, 1e15, -1e15, 3.3e21, float("nan"), float("inf"), float("-inf")]
)
DAYS = strategies.none() | strategies.dates(date(2024, 1, 1), date(2024, 12, 31))
ROWS = strategies.lists(strategies.tuples(DAYS, AMOUNTS, TEXTS, TEXTS), max_size=12)


@pytest.fixture
def report_on(tmp_path: Path, settings: Settings, run_report: RunReport) -> Any:
    def run(rows: list[tuple[Any, ...]], more: int, **payload: Any) -> HandlerRun:
        days, amounts, kinds, areas = zip(*rows, strict=True) if rows else ((), (), (), ())
        columns = {
            "day": pa.array(days, pa.date32()),
            "amount": pa.array(amounts, pa.float64()),
            "kind": pa.array(kinds, pa.string()),
            "area": pa.array(areas, pa.string()),
        }
        columns |= {f"a column with a long name, number {at}": columns["area"] for at in range(more)}
        pyarrow.parquet.write_table(pa.table(columns), tmp_path / "any.parquet")
        settings.STREAMER_SOURCES = {"drinks": definition(tmp_path / "any.parquet", currency="CHF")}
        return run_report(**payload)

    return run


def assert_on_page(page: Any) -> None:
    """No text begins outside of the page, or ends there as far as its width is known."""

    def visit(text: str, _: Any, matrix: Any, __: Any, ___: Any) -> None:
        if text.strip():
            assert 0 <= matrix[4] <= page.mediabox.width and 0 <= matrix[5] <= page.mediabox.height, text

    page.extract_text(visitor_text=visit)


@example(rows=[(date(2024, 1, 1), -1e15, "x", None)], compare="none")
@given(rows=ROWS, compare=strategies.sampled_from(["none", "previous_year"]))
@hypothesis_settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_as_a_pdf(report_on: Any, rows: list[tuple[Any, ...]], compare: str) -> None:
    run = report_on(rows, 0, format="pdf", compare=compare)
    pages = PdfReader(run.artifact().open()).pages
    texts = [page.extract_text() for page in pages]
    for number, (page, text) in enumerate(zip(pages, texts, strict=True), start=1):
        assert f"Page {number} of {len(pages)}" in text
        assert_on_page(page)
    assert f"{run.result['records']:,}" in texts[0] or not run.result["records"]


def width_of(sheet: Any, column: int) -> float:
    return next(one.width for one in sheet.column_dimensions.values() if one.min <= column <= one.max)


@given(rows=ROWS, more=strategies.sampled_from([0, 56]))
@hypothesis_settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_as_a_workbook(report_on: Any, rows: list[tuple[Any, ...]], more: int) -> None:
    run = report_on(rows, more, format="excel", group_by=["area"])
    book = openpyxl.load_workbook(run.artifact().open())
    assert book.sheetnames[0] == "Summary" and book["Records"].max_row == run.result["records"] + 1
    for sheet in book:
        assert len(sheet.title.encode("utf-16-le")) <= 62
        assert sheet.page_setup.fitToWidth in (None, 1) and sheet.sheet_properties.pageSetUpPr.fitToPage
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f"
                if isinstance(cell.value, (int, float)) and sheet.title != "Records" and not cell.is_date:
                    width = width_of(sheet, cell.column)
                    shown = f"{cell.value:,.2f}" if "%" not in cell.number_format else "100.0%"
                    assert len(shown) < width or "E" in shown, (sheet.title, cell.coordinate, shown, width)


def test_a_sheet_of_many_records_prints_some(
    report_on: Any,
) -> None:
    rows = [(date(2024, 1, 1), 1.0, "Tea", "North")] * 600
    book = openpyxl.load_workbook(report_on(rows, 0, format="excel").artifact().open())
    assert book["Records"].print_area.endswith("$A$1:$D$501") and "600" in str(book["Records"].oddFooter.left.text)
    assert book["Records"].print_title_rows == "$1:$1" and book["Summary"].page_setup.fitToHeight in (None, 1)
    assert book["Records"]["B2"].number_format == "#,##0.00" and Decimal(str(book["Records"]["B2"].value)) == 1
