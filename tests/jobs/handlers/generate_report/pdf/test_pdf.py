from decimal import Decimal
from pathlib import Path

import pytest
from pypdf import PdfReader
from pytest_django import Settings

from jobs.testing import HandlerRun
from tests.jobs.handlers.generate_report.conftest import RunReport
from tests.jobs.handlers.report_tables import ROWS, definition, write_parquet


def pages(run: HandlerRun) -> list[str]:
    return [page.extract_text() for page in PdfReader(run.artifact().open()).pages]


@pytest.mark.usefixtures("drinks")
def test_it_says_what_it_is_and_what_it_counts(run_report: RunReport) -> None:
    run = run_report(format="pdf", report_type="quarterly", filters={"kind": ["Tea", "Coffee"]})
    text = "\n".join(pages(run))
    for words in ("Quarterly report", "1 Jan 2024 – 31 Dec 2024", "Hot drinks", "kind is Tea or Coffee", "25.35"):
        assert words in text
    assert "Q1 2024" in text and "25.25" in text
    assert "−99.6 %" in text
    metadata = PdfReader(run.artifact().open()).metadata
    assert metadata is not None
    assert (metadata.title, metadata.author) == ("Quarterly report, 1 Jan 2024 – 31 Dec 2024", "Streamer")


@pytest.mark.usefixtures("drinks")
@pytest.mark.parametrize("include_charts", [True, False])
def test_charts_are_drawn_when_they_are_asked_for(run_report: RunReport, include_charts: bool) -> None:
    run = run_report(format="pdf", include_charts=include_charts)
    text = "\n".join(pages(run))
    assert ("Total value over time" in text) is include_charts
    assert ("Total value by category" in text) is include_charts


@pytest.mark.usefixtures("drinks")
def test_an_empty_report_says_so(run_report: RunReport) -> None:
    run = run_report(format="pdf", filters={"kind": "Wine"})
    [text] = pages(run)
    assert "No records match this report" in text


def test_names_in_other_scripts_are_readable(tmp_path: Path, settings: Settings, run_report: RunReport) -> None:
    names = ["Ελληνικός καφές", "Чай с лимоном", "Café crème brûlée", "Trà sữa đặc biệt", "<b>&amp;</b>"]
    rows = [{**ROWS[0], "kind": name} for name in names]
    settings.STREAMER_SOURCES = {"drinks": definition(write_parquet(tmp_path / "names.parquet", rows))}
    run = run_report(format="pdf")
    text = "\n".join(pages(run))
    assert all(name in text for name in names)


@pytest.mark.parametrize(("kind", "has_note"), [("北京", True), ("東京の売上", True), ("서울", True), ("Café", False)])
def test_each_page_says_which_texts_need_fonts_of_the_reader(
    kind: str, has_note: bool, tmp_path: Path, settings: Settings, run_report: RunReport
) -> None:
    rows = [{**ROWS[0], "kind": kind}]
    settings.STREAMER_SOURCES = {"drinks": definition(write_parquet(tmp_path / "names.parquet", rows))}
    found = pages(run_report(format="pdf"))
    assert len(found) > 1
    assert ["fonts of your PDF reader" in text for text in found] == [has_note] * len(found)


def test_long_tables_repeat_their_header_on_numbered_pages(
    tmp_path: Path, settings: Settings, run_report: RunReport
) -> None:
    long_name = "Assam second flush of the old estate by the river " * 6
    rows = [{**ROWS[0], "kind": f"Blend {number:03}", "amount": Decimal(number)} for number in range(1, 90)]
    rows.append({**ROWS[0], "kind": long_name})
    settings.STREAMER_SOURCES = {"drinks": definition(write_parquet(tmp_path / "many.parquet", rows))}
    run = run_report(format="pdf")
    found = pages(run)
    assert len(found) >= 4
    assert all(f"Page {number} of {len(found)}" in text for number, text in enumerate(found, start=1))
    assert sum("Category" in text and "Average value" in text for text in found) >= 3
    assert "Blend 001" in "\n".join(found)


@pytest.mark.usefixtures("drinks")
def test_a_period_that_is_covered_in_part_is_marked(run_report: RunReport) -> None:
    run = run_report(format="pdf", start_date="2024-01-15")
    text = "\n".join(pages(run))
    assert "Jan 2024*" in text and "Dec 2024*" not in text
    assert "covers only part of this period" in text
