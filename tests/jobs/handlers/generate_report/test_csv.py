import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from pytest_django import Settings

from jobs.testing import HandlerRun
from tests.jobs.handlers.generate_report.conftest import RunReport
from tests.jobs.handlers.report_tables import ROWS, definition, in_days, total, write_parquet


def read(run: HandlerRun) -> list[dict[str, str]]:
    with io.StringIO(run.artifact().text, newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.usefixtures("drinks")
def test_it_holds_the_records(run_report: RunReport) -> None:
    run = run_report()
    rows = read(run)
    assert list(rows[0]) == ["day", "amount", "kind", "area", "note"]
    assert [row["day"] for row in rows] == ["2024-01-01", "2024-01-31", "2024-02-29", "2024-04-01", "2024-12-31"]
    wanted = in_days(ROWS, date(2024, 1, 1), date(2024, 12, 31))
    assert sum(Decimal(row["amount"]) for row in rows) == total(wanted)


@pytest.mark.usefixtures("drinks")
def test_formulas_are_made_harmless_and_negative_numbers_stay_numbers(run_report: RunReport) -> None:
    run = run_report(start_date="2024-01-02", end_date="2025-01-01")
    rows = read(run)
    assert [row["note"] for row in rows] == ["'=1+1", "'-5", "'@sum", "'+1", "'\tend"]
    assert rows[1]["amount"] == "-5.05"


def test_a_header_cannot_be_a_formula_either(tmp_path: Path, settings: Settings, run_report: RunReport) -> None:
    rows = [{**ROWS[0], "=cmd()": "\rx", 'say "hi"': None}]
    settings.STREAMER_SOURCES = {"drinks": definition(write_parquet(tmp_path / "headers.parquet", rows))}
    run = run_report()
    [row] = read(run)
    assert row["'=cmd()"] == "'\rx"
    assert row['say "hi"'] == ""


def test_other_types_are_written_plainly(tmp_path: Path, settings: Settings, run_report: RunReport) -> None:
    moment = datetime(2024, 5, 1, 22, 30, tzinfo=UTC)
    rows = [{**ROWS[0], "moment": moment, "good": True, "tags": ["=a", "b"], "empty": "", "text": 'a "b", c\nd'}]
    settings.STREAMER_SOURCES = {"drinks": definition(write_parquet(tmp_path / "types.parquet", rows))}
    run = run_report()
    [row] = read(run)
    assert row["moment"] == "2024-05-01 22:30:00"
    assert (row["good"], row["tags"], row["empty"], row["text"]) == ("true", "['=a', b]", "", 'a "b", c\nd')


def test_records_of_one_day_are_in_order_too(tmp_path: Path, settings: Settings, run_report: RunReport) -> None:
    rows = [{**ROWS[0], "amount": Decimal(amount), "note": note} for amount, note in [(2, "b"), (1, "c"), (2, "a")]]
    settings.STREAMER_SOURCES = {"drinks": definition(write_parquet(tmp_path / "ties.parquet", rows))}
    run = run_report()
    assert [(row["amount"], row["note"]) for row in read(run)] == [("1", "c"), ("2", "a"), ("2", "b")]
