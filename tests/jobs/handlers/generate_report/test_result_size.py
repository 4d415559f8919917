"""The figures of a report fit into a result, however long the names in its source are."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from jobs.jsonable import encode_json
from tests.jobs.handlers.generate_report.conftest import RunReport
from tests.jobs.handlers.report_tables import Row, definition, write_parquet

CUT = "Names in the figures of the result are cut after "


@pytest.fixture
def report_on(tmp_path: Path, settings: Settings, run_report: RunReport) -> Any:
    """Run a report on these rows, and return its result, which fits."""

    def run(rows: Iterable[Row], **payload: Any) -> dict[str, Any]:
        settings.STREAMER_SOURCES = {"drinks": definition(write_parquet(tmp_path / "rows.parquet", rows))}
        result = run_report(**payload).returned
        assert isinstance(result, dict) and len(encode_json(result)) <= settings.STREAMER_INLINE_RESULT_BYTES
        return result

    return run


def long_names(character: str, length: int) -> list[Row]:
    names = [f"{number:03}{character * length}" for number in range(120)]
    day, amount = date(2024, 1, 1), Decimal("1234567.89")
    return [{"day": day, "amount": amount, "kind": name, "area": name, "note": name} for name in names]


@pytest.mark.parametrize("character", ["e", "é", "𝄞", '"', "\x01"], ids=ascii)
@pytest.mark.parametrize("length", [200, 5_000])
def test_it_works(report_on: Any, character: str, length: int) -> None:
    result = report_on(long_names(character, length), group_by=["note", "kind"])
    stats = result["stats"]
    assert len(stats["by_category"]) == len(stats["by_region"]) == 101 and len(stats["by_group"]["groups"]) == 50
    assert len(stats["by_period"]) == 12
    first = stats["by_category"][0]["category"]
    assert first == stats["top_category"] == stats["by_group"]["groups"][0]["group"][1]
    assert first.startswith("000") and first.endswith("…")
    (note,) = [note for note in result["notes"] if note.startswith(CUT)]
    assert f" {len(first):,} characters" in note


def test_names_that_fit_stay_as_they_are(report_on: Any) -> None:
    rows = long_names("e", 30)
    result = report_on(rows, group_by=["note"])
    assert {row["category"] for row in result["stats"]["by_category"][:100]} <= {row["kind"] for row in rows}
    assert result["notes"] == []
