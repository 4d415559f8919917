"""Values that files cannot hold: they count as missing in every format, and a note counts them."""

import csv
import io
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import hypothesis
import openpyxl
import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import strategies as st
from pypdf import PdfReader
from pytest_django import Settings

from jobs.handler import Permanent
from jobs.handlers.generate_report.pdf.fonts import BOLD, cut_text, register_fonts, text_width
from jobs.handlers.generate_report.pdf.style import CONTENT_WIDTH
from jobs.handlers.generate_report.pdf.tables import fit_numbers
from jobs.handlers.generate_report.wording import write_amount
from jobs.testing import SavedArtifact
from tests.jobs.handlers.generate_report.conftest import RunReport
from tests.jobs.handlers.report_tables import definition

COLUMNS = "day, amount, kind, area, due, rate"
ROWS = """
    (DATE '2024-01-01', 10.5::DOUBLE, 'Tea', 'North', DATE '2024-02-01', 0.5::FLOAT),
    (DATE '2024-01-02', 'nan'::DOUBLE, 'Tea', 'North', DATE 'infinity', 'nan'::FLOAT),
    (DATE '2024-01-03', 'infinity'::DOUBLE, 'Cocoa', 'South', DATE '-infinity', 'inf'::FLOAT),
    (DATE '2024-01-04', NULL, 'Tea', 'South', DATE '0044-03-15 (BC)', 1.0::FLOAT),
    (DATE '2024-01-05', 1e20::DOUBLE, 'Tea', 'South', DATE '10000-01-01', NULL),
    (DATE 'infinity', 5.0::DOUBLE, 'Wine', 'South', NULL, NULL),
    (DATE '2023-01-01', 'nan'::DOUBLE, 'Tea', 'North', NULL, NULL)
"""
NOTES = [
    "2 values of 'amount' count as missing: not a number, or infinite.",
    "4 values of 'due' count as missing: infinite, or outside the years 1 to 9999.",
    "2 values of 'rate' count as missing: not a number, or infinite.",
]


def write(path: Path, rows: str, columns: str) -> Path:
    duckdb.sql(f"COPY (SELECT * FROM (VALUES {rows}) t({columns})) TO '{path}' (FORMAT parquet)")
    return path


@pytest.fixture
def odd(tmp_path: Path, settings: Settings) -> None:
    settings.STREAMER_SOURCES = {"drinks": definition(write(tmp_path / "odd.parquet", ROWS, COLUMNS))}


def records(artifact: SavedArtifact) -> list[Mapping[str, Any]]:
    if artifact.filename.endswith(".csv"):
        lines = io.StringIO(artifact.text, newline="")
        return [{name: value or None for name, value in row.items()} for row in csv.DictReader(lines)]
    header, *rows = openpyxl.load_workbook(artifact.open())["Records"].iter_rows(values_only=True)
    return [dict(zip(map(str, header), row, strict=True)) for row in rows]


@pytest.mark.usefixtures("odd")
@pytest.mark.parametrize("file_format", ["csv", "excel", "pdf"])
def test_it_works(run_report: RunReport, file_format: str) -> None:
    run = run_report(format=file_format, group_by=["due"], compare="previous_year")
    result, artifact, stats = run.result, run.artifact(), run.result["stats"]
    assert result["records"] == 5 and stats["total_value"] == 1e20
    assert stats["average_value"] == pytest.approx(5e19)
    assert stats["compared_with"]["records"] == 1 and stats["compared_with"]["total_value"] == 0
    assert {row["category"]: row["total_value"] for row in stats["by_category"]} == {"Tea": 1e20, "Cocoa": 0}
    groups = {tuple(row["group"]): row["records"] for row in stats["by_group"]["groups"]}
    assert groups == {("2024-02-01",): 1, ("(none)",): 4}
    assert result["notes"] == (NOTES if file_format != "pdf" else NOTES[:2])
    if file_format == "pdf":
        text = " ".join(page.extract_text() for page in PdfReader(artifact.open()).pages)
        assert NOTES[0] in " ".join(text.split()) and "3 records have no value" in text
        return
    found = records(artifact)
    assert [row["amount"] is None for row in found] == [False, True, True, True, False]
    assert [row["due"] is None for row in found] == [False, True, True, True, True]
    assert [row["rate"] is None for row in found] == [False, True, True, False, True]
    if file_format == "excel":
        cells = [row[1] for row in openpyxl.load_workbook(artifact.open())["Summary"].values]
        assert set(NOTES) <= set(cells)


@pytest.mark.usefixtures("odd")
def test_plain_values_have_no_note(run_report: RunReport) -> None:
    assert run_report(end_date="2024-01-01").result["notes"] == []


def test_several_sources_have_the_note_too(tmp_path: Path, settings: Settings, run_report: RunReport) -> None:
    odd = definition(write(tmp_path / "odd.parquet", ROWS, COLUMNS))
    settings.STREAMER_SOURCES = {"drinks": odd, "more": {**odd, "label": "More"}}
    result = run_report(source="drinks", sources=["drinks", "more"]).result
    assert result["stats"]["total_value"] == 2e20
    assert [note.partition(" count")[0] for note in result["notes"]] == [
        "2 values of 'Hot drinks: amount'",
        "2 values of 'More: amount'",
    ]


TEXTS = """
    ('2024-01-01T01:30:00+02:00', 1, 'Tea', 'North', TIMESTAMP '2024-01-01 10:00'),
    ('2024-01-01 23:30:00-05:30', 2, 'Tea', 'North', TIMESTAMP '2024-01-01 11:00'),
    ('2024-01-03', 4, 'Tea', 'North', NULL)
"""


@pytest.fixture
def texts(tmp_path: Path, settings: Settings) -> None:
    path = write(tmp_path / "texts.parquet", TEXTS, "day, amount, kind, area, moment")
    settings.STREAMER_SOURCES = {"drinks": definition(path)}


@pytest.mark.usefixtures("texts")
def test_the_offset_of_a_text_counts(run_report: RunReport) -> None:
    run = run_report(start_date="2023-12-30", end_date="2024-01-05", report_type="custom", group_by=["day.day"])
    stats = run.result["stats"]
    days = {row["period"]: row["total_value"] for row in stats["by_period"] if row["records"]}
    assert days == {"2023-12-31": 1, "2024-01-02": 2, "2024-01-03": 4}
    groups = {row["group"][0]: row["total_value"] for row in stats["by_group"]["groups"]}
    assert groups == days


@pytest.mark.usefixtures("texts")
def test_the_offset_of_a_filter_counts(run_report: RunReport) -> None:
    early = {"start_date": "2023-12-01", "end_date": "2024-01-31"}
    assert run_report(**early, filters={"moment": "2024-01-01T12:00:00+02:00"}).result["stats"]["total_value"] == 1
    assert run_report(filters={"moment": "2024-01-01T11:00:00"}).result["stats"]["total_value"] == 2


@pytest.mark.usefixtures("odd")
@pytest.mark.parametrize(
    "filters",
    [
        {"amount": "1_0.5"},
        {"amount": "nan"},
        {"due": "infinity"},
        {"due": "2024-02-01T10:00:00"},
        {"due": "epoch"},
        {"due": "10000-01-01"},
    ],
    ids=str,
)
def test_a_filter_that_only_looks_like_a_value_does_not_fit(run_report: RunReport, filters: dict[str, str]) -> None:
    with pytest.raises(Permanent, match="cannot hold"):
        run_report(filters=filters)


@pytest.mark.usefixtures("odd")
def test_a_filter_by_day_takes_a_day(run_report: RunReport) -> None:
    assert run_report(filters={"due": "2024-02-01", "amount": "10.50"}).result["records"] == 1


def test_a_text_that_is_no_date_ends_the_report(tmp_path: Path, settings: Settings, run_report: RunReport) -> None:
    path = write(tmp_path / "soon.parquet", "('2024-01-01', 1, 'Tea', 'x'), ('soon', 2, 'Tea', 'x')", COLUMNS[:23])
    settings.STREAMER_SOURCES = {"drinks": definition(path)}
    with pytest.raises(Permanent, match="soon"):
        run_report()


@pytest.mark.parametrize("file_format", ["csv", "excel", "pdf"])
@pytest.mark.parametrize(
    ("column_type", "values", "total"),
    [
        ("DOUBLE", ["1e31", "-4e31", "0.25"], -3e31),
        ("DECIMAL(38, 8)", ["123456789012345678901234567890.12345678", "0.00000001"], 1.2345678901234568e29),
        ("DECIMAL(38, 0)", ["90000000000000000000000000000000000000", "7"], 9e37),
        ("DOUBLE", ["7e35", "1"], 7e35),
    ],
)
def test_a_sum_has_as_many_digits_as_it_needs(
    column_type: str,
    values: list[str],
    total: float,
    file_format: str,
    run_report: RunReport,
    tmp_path: Path,
    settings: Settings,
) -> None:
    rows = ", ".join(f"(DATE '2024-01-0{day}', '{value}'::{column_type}, 'Tea')" for day, value in enumerate(values, 1))
    path = write(tmp_path / "large.parquet", rows, "day, amount, kind")
    settings.STREAMER_SOURCES = {"drinks": definition(path, region=None)}
    stats = run_report(format=file_format, compare="previous_year").result["stats"]
    assert (stats["total_value"], stats["by_category"][0]["total_value"]) == (total, total)
    assert stats["average_value"] == pytest.approx(total / len(values))


def test_values_beyond_all_digits_are_told_as_such(run_report: RunReport, tmp_path: Path, settings: Settings) -> None:
    path = write(tmp_path / "huge.parquet", "(DATE '2024-01-01', 1e300::DOUBLE, 'Tea')", "day, amount, kind")
    settings.STREAMER_SOURCES = {"drinks": definition(path, region=None)}
    with pytest.raises(Permanent, match="A result over 'Hot drinks' is outside the range of its numbers"):
        run_report()


@given(exponent=st.integers(-18, 25), digits=st.lists(st.integers(-999, 999), min_size=1, max_size=5))
@hypothesis.settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(exponent=-12, digits=[1, 2])
@example(exponent=-7, digits=[4] * 5)
@example(exponent=13, digits=[100, -99])
@example(exponent=-1, digits=[1, 2, -3])
def test_small_and_large_values_add_up(
    exponent: int, digits: list[int], run_report: RunReport, tmp_path: Path, settings: Settings
) -> None:
    rows = ", ".join(f"(DATE '2024-01-01', {one}e{exponent}::DOUBLE, 'Tea')" for one in digits)
    settings.STREAMER_SOURCES = {
        "drinks": definition(write(tmp_path / "v.parquet", rows, "day, amount, kind"), region=None)
    }
    stats = run_report().result["stats"]
    total = float(sum(Decimal(one).scaleb(exponent) for one in digits))
    is_small = abs(total) < 0.01
    assert stats["total_value"] == pytest.approx(total, rel=0.005 if is_small else 1e-15, abs=0 if is_small else 0.005)
    assert (stats["total_value"] == 0) == (total == 0)


amounts = st.decimals(-(10**35), 10**35, places=2).map(write_amount)


@given(rows=st.lists(st.tuples(st.sampled_from(["1", "9,999,999"]), amounts, amounts, st.just("100.0 %")), min_size=1))
def test_numbers_of_any_length_fit_beside_each_other(rows: list[tuple[str, ...]]) -> None:
    register_fonts()
    header = ["Category", "Records", "Total value", "Average value", "Share"]
    size, widths = fit_numbers(header, [("name", *row) for row in rows], (79.0, 102.0, 90.0, 74.0))
    assert 2 < size <= 9 and sum(widths) <= CONTENT_WIDTH - 79
    for row in rows:
        for text, width in zip(row, widths, strict=True):
            assert text_width(text, size, BOLD) <= width - 11.99
    assert all(text_width(head.split()[-1], 8.5, BOLD) < width for head, width in zip(header[1:], widths, strict=True))


@given(label=st.text("abcXYZ 0123日本", min_size=1, max_size=20), size=st.floats(6, 16))
def test_a_text_that_just_fits_is_not_cut(label: str, size: float) -> None:
    register_fonts()
    assert cut_text(label, (text_width(label, size) + 10) - 10, size) == label
