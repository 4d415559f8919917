"""Values of PostgreSQL that Python or Arrow have no place for: such a source is read all the same."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest
from django.db import connection

from jobs.data.sources.far_dates import far_array, far_date
from jobs.data.sources.preview import source_preview
from tests.jobs.data.sources.opening import EVENTS, opened, source_of

needs_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no such values")
ROWS = """(VALUES
    (timestamptz '2024-01-01 12:00Z', 1.50, 'a', date '2024-03-18', timestamp '2024-03-18 01:02', numeric '2.5'),
    (timestamptz '2024-01-02 12:00Z', 2.25, 'b', date 'infinity', timestamp '-infinity', numeric 'NaN'),
    (timestamptz '2024-01-03 12:00Z', 'NaN', 'c', date '0044-03-15 BC', timestamp '12000-01-01', null)
) AS t(created_at, estimated_seconds, action, until, seen, rate)"""
ENTRY = {**EVENTS, "region": None, "query": f"SELECT * FROM {ROWS}"}


def as_text(array: pa.Array) -> list[Any]:
    with duckdb.connect() as database:
        database.execute("SET TimeZone = 'UTC'")
        database.register("given", pa.table({"a": array}))
        return [text for (text,) in database.execute("SELECT CAST(a AS VARCHAR) FROM given").fetchall()]


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        ("date", "infinity", "infinity"),
        ("date", "-infinity", "-infinity"),
        ("date", "0044-03-15 BC", "0044-03-15 (BC)"),
        ("date", "0001-12-31 BC", "0001-12-31 (BC)"),
        ("date", "12000-02-29", "12000-02-29"),
        ("timestamp", "infinity", "infinity"),
        ("timestamp", "12000-01-01 01:02:03.25", "12000-01-01 01:02:03.25"),
        ("timestamptz", "-infinity", "-infinity"),
        ("timestamptz", "12000-01-01 01:02:03+02", "11999-12-31 23:02:03+00"),
        ("timestamptz", "12000-01-01 01:02:03-03:30", "12000-01-01 04:32:03+00"),
    ],
)
def test_what_postgresql_says_is_what_duckdb_has(kind: str, text: str, expected: str) -> None:
    assert as_text(far_array([None, far_date(text, kind)])) == [None, expected]


def test_other_values_of_the_column_stay_what_they_are() -> None:
    days = far_array([date(2024, 2, 29), far_date("infinity", "date"), date(1, 1, 1)])
    assert as_text(days) == ["2024-02-29", "infinity", "0001-01-01"]
    early = datetime(1900, 1, 1, 0, 0, 0, 1, tzinfo=UTC)
    assert as_text(far_array([early, far_date("infinity", "timestamptz")]))[0] == "1900-01-01 00:00:00.000001+00"


def test_a_column_without_any_is_left_alone() -> None:
    assert far_array([date(2024, 1, 1), None]) is None and far_date("18.03.12000", "date") is None


@needs_postgresql
@pytest.mark.django_db
def test_a_source_with_values_that_python_has_not_is_read(tmp_path: Path) -> None:
    with opened(ENTRY, tmp_path / "scratch") as reader:
        [table] = reader.open_tables(date(2024, 1, 1), date(2024, 12, 31))
        assert list(reader.load(table)) == [3]
        columns = reader.columns()
        rows = reader.fetch(
            "SELECT estimated_seconds, CAST(until AS VARCHAR), CAST(seen AS VARCHAR), rate FROM records ORDER BY action"
        )
    assert columns["until"] == "DATE" and columns["seen"] == "TIMESTAMP" and columns["rate"].startswith("DECIMAL")
    assert rows == [
        (Decimal("1.50"), "2024-03-18", "2024-03-18 01:02:00", Decimal("2.5")),
        (Decimal("2.25"), "infinity", "-infinity", None),
        (None, "0044-03-15 (BC)", "12000-01-01 00:00:00", None),
    ]


@needs_postgresql
@pytest.mark.django_db
def test_the_preview_shows_what_is_there(tmp_path: Path) -> None:
    shown = source_preview(source_of(ENTRY), tmp_path)["sample"]
    assert [(row["until"], row["seen"], row["rate"]) for row in shown] == [
        ("2024-03-18", "2024-03-18T01:02:00", 2.5),
        ("infinity", "-infinity", None),
        ("0044-03-15 BC", "12000-01-01 00:00:00", None),
    ]


@needs_postgresql
@pytest.mark.django_db
def test_the_connection_of_others_is_not_changed(tmp_path: Path) -> None:
    source_preview(source_of(ENTRY), tmp_path)
    with connection.cursor() as cursor, pytest.raises(Exception, match="too large"):
        cursor.execute("SELECT date 'infinity'")
        cursor.fetchall()
