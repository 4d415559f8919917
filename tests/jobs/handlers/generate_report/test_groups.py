"""Reports with a table by columns of the user's choice."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import openpyxl
import pytest
from pypdf import PdfReader
from pytest_django import Settings

from jobs.handler import Permanent
from jobs.testing import HandlerRun
from tests.jobs.handlers.generate_report.conftest import RunReport
from tests.jobs.handlers.report_tables import ROWS, definition, in_days, total, totals_by, write_parquet

YEAR = in_days(ROWS, date(2024, 1, 1), date(2024, 12, 31))


def groups_of(run: HandlerRun) -> dict[tuple[str, ...], Decimal]:
    groups = run.result["stats"]["by_group"]["groups"]
    return {tuple(row["group"]): Decimal(str(row["total_value"])) for row in groups}


@pytest.mark.usefixtures("drinks")
def test_it_works(run_report: RunReport) -> None:
    run = run_report(group_by=["note"])
    assert groups_of(run) == {(note,): amount for note, amount in totals_by(YEAR, "note").items()}
    assert run.result["stats"]["by_group"]["columns"] == ["note"]


@pytest.mark.usefixtures("drinks")
@pytest.mark.parametrize(
    ("group_by", "first"),
    [
        (["kind", "area"], ("Coffee", "South")),
        (["amount"], ("20.20",)),
        (["day"], ("2024-01-31",)),
        (["day.month", "kind"], ("2024-01", "Coffee")),
        (["day.quarter"], ("2024-Q1",)),
        (["day.week"], ("2024-W05",)),
        (["day.weekday"], ("Wednesday",)),
        (["day.hour"], ("00:00",)),
    ],
)
@pytest.mark.parametrize("file_format", ["csv", "pdf"])
def test_columns_and_parts_of_dates(
    run_report: RunReport, file_format: str, group_by: list[str], first: tuple[str, ...]
) -> None:
    groups = groups_of(run_report(group_by=group_by, format=file_format))
    assert next(iter(groups)) == first
    assert sum(groups.values()) == total(YEAR)


@pytest.mark.usefixtures("drinks")
@pytest.mark.parametrize("name", ["colour", "kind.month", "day.century", 'day" FROM records --', "."])
def test_an_unknown_column_is_told_with_those_there_are(run_report: RunReport, name: str) -> None:
    with pytest.raises(Permanent) as caught:
        run_report(group_by=[name])
    assert f"no column '{name}' to group by. There are: day, amount, kind, area, note; " in caught.value.message
    assert caught.value.details["columns"] == ["day", "amount", "kind", "area", "note"]


def test_beyond_fifty_groups_the_rest_is_one_row_and_the_totals_match(
    tmp_path: Path, settings: Settings, run_report: RunReport
) -> None:
    rows = [{**ROWS[0], "note": f"Note {number:03}", "amount": Decimal(number)} for number in range(1, 81)]
    rows += [{**ROWS[0], "note": None, "amount": Decimal(500)}]
    settings.STREAMER_SOURCES = {"drinks": definition(write_parquet(tmp_path / "many.parquet", rows))}
    run = run_report(group_by=["note"], format="excel")
    grouped = run.result["stats"]["by_group"]
    assert (grouped["groups_count"], len(grouped["groups"])) == (81, 50)
    assert grouped["groups"][0]["group"] == ["(none)"]
    assert grouped["others"]["groups_count"] == 31 and grouped["others"]["total_value"] == sum(range(1, 32))
    sheet = openpyxl.load_workbook(run.artifact().open())["By note"]
    rows_read = list(sheet.iter_rows(min_row=2, max_col=3, values_only=True))
    assert rows_read[-2:] == [("All others (31)", 31, 496), ("Total", 81, 3740)]
    assert sum(row[2] for row in rows_read[:-1]) == 3740


def test_names_that_excel_does_not_take_become_ones_it_takes(
    tmp_path: Path, settings: Settings, run_report: RunReport
) -> None:
    moment = datetime(2024, 5, 1, 22, 30, tzinfo=UTC)
    names = ["category", "a/b: [the longest column of all of them]?"]
    rows = [{**ROWS[0], names[0]: "x", names[1]: "y", "moment": moment}]
    settings.STREAMER_SOURCES = {"drinks": definition(write_parquet(tmp_path / "names.parquet", rows))}
    run = run_report(group_by=names[:1], format="excel")
    assert openpyxl.load_workbook(run.artifact().open()).sheetnames[2:4] == ["By category", "By category (2)"]
    run = run_report(group_by=names[1:], format="excel")
    assert openpyxl.load_workbook(run.artifact().open()).sheetnames[3] == "By a b   the longest column of"
    assert groups_of(run_report(group_by=["moment", "moment.hour"])) == {
        ("2024-05-01 22:30:00", "22:00"): Decimal("10.1")
    }


@pytest.mark.usefixtures("drinks")
def test_a_pdf_shows_them(run_report: RunReport) -> None:
    run = run_report(format="pdf", group_by=["area", "day.weekday"])
    text = "\n".join(page.extract_text() for page in PdfReader(run.artifact().open()).pages)
    assert "By area and day.weekday" in text and "South · Wednesday" in text
