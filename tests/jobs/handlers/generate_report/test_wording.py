"""Labels, units and a currency that a source names are the words of its documents."""

from pathlib import Path

import openpyxl
import pytest
from pypdf import PdfReader
from pytest_django import Settings

from tests.jobs.handlers.generate_report.conftest import RunReport
from tests.jobs.handlers.report_tables import ROWS, definition, write_parquet

LABELS = {"amount": "Sales", "kind": "Product group", "area": "SKU"}


@pytest.fixture
def named(tmp_path: Path, settings: Settings) -> None:
    path = write_parquet(tmp_path / "drinks.parquet", ROWS)
    settings.STREAMER_SOURCES = {
        "drinks": definition(path, labels=LABELS, currency="CHF"),
        "euros": definition(path, label="Abroad", labels=LABELS, currency="EUR"),
    }


@pytest.mark.usefixtures("named")
def test_in_a_pdf(run_report: RunReport) -> None:
    run = run_report(format="pdf", filters={"kind": ["Tea", "Coffee"]})
    text = " ".join(" ".join(page.extract_text() for page in PdfReader(run.artifact().open()).pages).split())
    for words in (
        "Total Sales (CHF)",
        "Average Sales (CHF)",
        "Top product group",
        "By SKU",
        "Product group is Tea or Coffee",
        "'Coffee' is the largest product group: 20.20 CHF, which is 79.7 % of 25.35 CHF.",
        "25.35 CHF",
    ):
        assert words in text, words


@pytest.mark.usefixtures("named")
def test_in_a_workbook_and_not_in_a_csv(run_report: RunReport) -> None:
    book = openpyxl.load_workbook(run_report(format="excel").artifact().open())
    assert book.sheetnames == ["Summary", "By period", "By product group", "Records"]
    assert [cell.value for cell in book["Records"][1]] == ["day", "Sales", "Product group", "SKU", "note"]
    assert book["By period"]["E1"].value == "Total Sales (CHF)"
    assert run_report(format="csv").artifact().text.startswith('"day","amount","kind","area","note"')


@pytest.mark.usefixtures("named")
def test_different_currencies_are_noted(run_report: RunReport) -> None:
    run = run_report(source="drinks", sources=["drinks", "euros"], format="pdf")
    [note] = run.result["notes"]
    assert note == ("The values are in different units and are added up as they are. Hot drinks: CHF, Abroad: EUR.")
    text = " ".join(page.extract_text() for page in PdfReader(run.artifact().open()).pages)
    assert "Total Sales" in text and "(CHF)" not in text
