"""Sources through the report handler's eyes: what can be registered, read, and not reached."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.core.checks import Error
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from pytest_django import Settings

from jobs.contract.source import default_source, source_names
from jobs.data.sources import check_sources, find_source
from jobs.data.sources.reader import SourceReader
from jobs.data.sources.registered import RegisteredSource
from jobs.data.statements import fetch_watched
from jobs.handler import Cancelled, Permanent, Retryable
from jobs.models import AsyncRequest
from tests.jobs.handlers.report_tables import ROWS, definition, write_parquet

FIRST, LAST = date(2024, 1, 1), date(2024, 12, 31)
EVENTS: dict[str, Any] = {
    "label": "Requests",
    "database": "default",
    "date": "created_at",
    "value": "estimated_seconds",
    "category": "action",
    "region": "tenant_id",
}


def no_check() -> None:
    """A run that nobody cancels."""


def source_of(entry: dict[str, Any]) -> RegisteredSource:
    return RegisteredSource.model_validate({**entry, "name": "drinks"})


@contextmanager
def opened(entry: dict[str, Any], folder: Path) -> Iterator[SourceReader]:
    folder.mkdir(exist_ok=True)
    with source_of(entry).open(folder, no_check) as reader:
        assert isinstance(reader, SourceReader)
        yield reader


def read_all(entry: dict[str, Any], folder: Path, first: date = FIRST, last: date = LAST) -> list[dict[str, Any]]:
    with opened(entry, folder) as reader:
        for table in reader.open_tables(first, last):
            assert [0, *reader.load(table)][-1] == table.total
        names = list(reader.columns())
        return [dict(zip(names, row, strict=True)) for row in reader.fetch(reader.records_query)]


# --- The registry -----------------------------------------------------------------------------------------------


def test_the_sample_is_registered_and_the_default() -> None:
    assert source_names() == ("sample",)
    assert default_source() == "sample"
    source = find_source("sample")
    assert source is not None
    assert source.label == "Sample orders (generated)"
    assert list(source.files) == ["transactions", "customers", "products", "web_analytics"]
    assert find_source("other") is None


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"files": {}}, "either 'files' or a 'database'"),
        ({"database": "default"}, "either 'files' or a 'database'"),
        ({"files": {}, "database": "default"}, "a 'database' needs a 'query'"),
        ({"files": {"one": "a.csv", "two": "b.csv"}}, "several tables need a 'query'"),
        ({"files": "a.xlsx"}, "ends in none of"),
        ({"files": ["a.csv", "b.parquet"]}, "all Parquet or all CSV"),
        ({"files": {"Bad name": "a.csv"}}, "no table name"),
        ({"table_dates": {"orders": "day"}}, "table_dates: names tables that are not in 'files': orders"),
        ({"value": ""}, "value: String should have at least 1 character"),
        ({"colour": "red"}, "colour: Extra inputs are not permitted"),
    ],
)
def test_a_wrong_definition_is_an_error_at_start_up(settings: Settings, change: dict[str, Any], fault: str) -> None:
    settings.STREAMER_SOURCES = {"sample": definition("a.csv"), "drinks": {**definition("a.csv"), **change}}
    errors = [message for message in check_sources() if isinstance(message, Error)]
    assert [error.id for error in errors] == ["streamer.sources.E001"]
    assert fault in errors[0].msg and "STREAMER_SOURCES['drinks']" in errors[0].msg
    with pytest.raises(ImproperlyConfigured, match="STREAMER_SOURCES"):
        find_source("drinks")


def test_a_definition_that_is_no_dictionary_is_an_error(settings: Settings) -> None:
    settings.STREAMER_SOURCES = {"sample": definition("a.csv"), "drinks": "drinks.csv"}
    assert "streamer.sources.E001" in [message.id for message in check_sources()]


def test_other_mistakes_in_the_settings_are_found(settings: Settings) -> None:
    settings.STREAMER_SOURCES = {"drinks": {**EVENTS, "database": "warehouse", "query": "SELECT 1"}}
    settings.STREAMER_DUCKDB_MEMORY = "much"
    assert {message.id for message in check_sources()} == {
        "streamer.sources.E002",
        "streamer.sources.E003",
        "streamer.sources.E004",
    }


def test_files_that_are_not_there_yet_are_a_warning(settings: Settings, tmp_path: Path) -> None:
    settings.STREAMER_SOURCES = {"sample": definition(tmp_path / "none.csv")}
    [message] = check_sources()
    assert (message.id, message.hint) == ("streamer.sources.W001", "Run 'manage.py streamer_sample'.")


# --- Files ------------------------------------------------------------------------------------------------------


def test_a_glob_of_csv_files_is_one_table(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("day,amount,kind,area\n2024-01-01,1.50,Tea,North\n2025-01-01,9,Tea,North\n")
    (tmp_path / "b.csv").write_text("day,kind,amount,area\n2024-06-01,Κακάο,2.25,South\n")
    rows = read_all(definition(tmp_path / "*.csv"), tmp_path / "scratch")
    assert sorted((row["kind"], row["amount"]) for row in rows) == [("Tea", 1.5), ("Κακάο", 2.25)]


@pytest.mark.parametrize("pattern", ["sales.parquet", "*.parquet", "**/s[a-z]les.parquet"])
def test_a_folder_with_a_name_like_a_glob_stands_for_itself(pattern: str, tmp_path: Path) -> None:
    folder = tmp_path / "a b+c%20[d]é*"
    folder.mkdir()
    write_parquet(folder / "sales.parquet", ROWS[:2])
    rows = read_all(definition(folder / pattern), folder / "scratch")
    assert [row["kind"] for row in rows] == ["Tea", "Coffee"]


def test_tables_are_joined_and_narrowed_to_the_days(tmp_path: Path) -> None:
    write_parquet(tmp_path / "sales.parquet", ROWS)
    write_parquet(
        tmp_path / "kinds.parquet", [{"kind": "Tea", "family": "Leaves"}, {"kind": "Cocoa", "family": "Beans"}]
    )
    entry = definition(
        {"sales": str(tmp_path / "sales.parquet"), "kinds": str(tmp_path / "kinds.parquet")},
        query="SELECT sales.*, family FROM sales JOIN kinds USING (kind);",
        table_dates={"sales": "day"},
    )
    with opened(entry, tmp_path / "scratch") as reader:
        assert [(table.name, table.total) for table in reader.open_tables(FIRST, LAST)] == [("sales", 5), ("kinds", 2)]
    rows = read_all(entry, tmp_path / "scratch")
    assert sorted(row["family"] for row in rows) == ["Beans", "Leaves", "Leaves", "Leaves"]


def test_moments_with_a_zone_are_taken_in_utc(tmp_path: Path) -> None:
    late = datetime.fromisoformat("2024-12-31T23:30:00-01:00")
    early = datetime.fromisoformat("2024-01-01T00:30:00+01:00")
    rows = [
        {**ROWS[0], "day": late},
        {**ROWS[0], "day": early},
        {**ROWS[0], "day": datetime(2024, 12, 31, 23, tzinfo=UTC)},
    ]
    path = write_parquet(tmp_path / "moments.parquet", rows)
    with opened(definition(path), tmp_path / "scratch") as reader:
        [table] = reader.open_tables(FIRST, LAST)
        assert list(reader.load(table)) == [1]
        assert reader.fetch("SELECT CAST(day AS TIMESTAMP) FROM records") == [(datetime(2024, 12, 31, 23),)]


@pytest.mark.parametrize("zone", [None, "UTC"])
def test_moments_in_nanoseconds_are_cut_to_microseconds(zone: str | None, tmp_path: Path) -> None:
    last = 1_735_689_599_999_999_999  # 2024-12-31 23:59:59.999999999: rounded, it would be a day of 2025
    moments = pa.array([last, last + 1], pa.timestamp("ns", zone))
    pq.write_table(pa.table({"day": moments, "amount": [1, 2]}), tmp_path / "fine.parquet")
    [row] = read_all(definition(tmp_path / "fine.parquet"), tmp_path / "scratch")
    assert row == {"day": datetime(2024, 12, 31, 23, 59, 59, 999999), "amount": 1}


def test_missing_files_and_columns_are_told(tmp_path: Path) -> None:
    with pytest.raises(Permanent, match="has no data for 'records' yet"):
        read_all(definition(tmp_path / "none.parquet"), tmp_path / "scratch")
    path = write_parquet(tmp_path / "drinks.parquet", ROWS)
    with pytest.raises(Permanent, match="has no column 'when'. There are: day, amount, kind, area, note."):
        read_all(definition(path, date="when"), tmp_path / "scratch")


def test_a_broken_file_tells_no_paths(tmp_path: Path) -> None:
    path = tmp_path / "broken.parquet"
    path.write_bytes(b"PAR1 this is no table")
    with pytest.raises((Permanent, Retryable)) as caught:
        read_all(definition(path), tmp_path / "scratch")
    assert str(tmp_path) not in caught.value.message


# --- The Django database ----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_query_over_the_django_database(tmp_path: Path) -> None:
    for number, day in enumerate(("2024-01-01", "2024-07-01", "2024-12-31", "2025-01-01"), start=1):
        AsyncRequest.objects.create(
            tenant_id="acme",
            action="100 % echo",
            queue="default",
            estimated_seconds=number / 10,
            created_at=datetime.fromisoformat(f"{day}T23:59:59+00:00"),
        )
    query = "SELECT created_at, estimated_seconds, action, tenant_id FROM jobs_asyncrequest WHERE action LIKE '100 %'"
    rows = read_all({**EVENTS, "query": query}, tmp_path / "scratch")
    assert sorted(row["estimated_seconds"] for row in rows) == [0.1, 0.2, 0.3]
    assert {row["action"] for row in rows} == {"100 % echo"}


@pytest.mark.django_db
def test_a_query_without_rows_still_has_its_columns(tmp_path: Path) -> None:
    query = "SELECT created_at, estimated_seconds, action, tenant_id FROM jobs_asyncrequest"
    with opened({**EVENTS, "query": query}, tmp_path / "scratch") as reader:
        [table] = reader.open_tables(FIRST, LAST)
        assert list(reader.load(table)) == [0]
        assert list(reader.columns()) == ["created_at", "estimated_seconds", "action", "tenant_id"]


@pytest.mark.django_db
def test_types_widen_when_later_rows_of_a_database_need_it(tmp_path: Path) -> None:
    # SQLite and computed columns give a whole number here, a fraction there, and nothing at first.
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE readings (created_at text, estimated_seconds, action, tenant_id)")
        rows: list[tuple[Any, ...]] = [("2024-01-01", 1, None, "acme")] * 2000
        rows += [("2024-02-01", 2.5, "late", 7)]
        insert = "INSERT INTO readings VALUES (%s, %s, %s, %s)"
        cursor.executemany(insert, rows)
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite mixes types in a column")
    found = read_all({**EVENTS, "query": "SELECT * FROM readings"}, tmp_path / "scratch")
    assert sum(row["estimated_seconds"] for row in found) == 2002.5
    assert (found[-1]["action"], found[-1]["tenant_id"]) == ("late", "7")


def test_an_overflow_is_told_as_one(tmp_path: Path) -> None:
    own = write_parquet(tmp_path / "own.parquet", ROWS)
    with opened(definition(own), tmp_path / "scratch") as reader:
        for sql in ("SELECT 9223372036854775807 + 1", "SELECT CAST(9223372036854775808 AS BIGINT)"):
            with pytest.raises(Permanent) as caught:
                reader.fetch(sql)
            assert caught.value.message.startswith("A result over 'Hot drinks' is outside the range of its numbers: ")
            assert "9223372036854775" in caught.value.message


@pytest.mark.django_db
def test_a_failing_query_is_told_without_its_text(tmp_path: Path) -> None:
    with pytest.raises((Permanent, Retryable)) as caught:
        read_all({**EVENTS, "query": "SELECT secret FROM nowhere"}, tmp_path / "scratch")
    assert "secret" not in caught.value.message


# --- Confinement ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM read_text('/etc/hostname')",
        "SELECT * FROM glob('/etc/*')",
        "SELECT * FROM read_parquet('{other}')",
        "COPY (SELECT 1) TO '{folder}/out.csv'",
        "COPY (SELECT 1) TO '{own}'",
        "ATTACH '{folder}/other.duckdb'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "SET memory_limit = '100GB'",
        "SELECT * FROM read_csv('https://example.org/a.csv')",
    ],
)
def test_the_connection_reaches_its_source_and_nothing_else(tmp_path: Path, statement: str) -> None:
    own = write_parquet(tmp_path / "own.parquet", ROWS)
    other = write_parquet(tmp_path / "other.parquet", ROWS)
    before = own.read_bytes()
    with opened(definition(own), tmp_path / "scratch") as reader:
        with pytest.raises((duckdb.Error, Permanent, Retryable)):
            reader.fetch(statement.format(own=own, other=other, folder=tmp_path))
        assert reader.fetch(f"SELECT count(*) FROM read_parquet('{own}')") == [(len(ROWS),)]
    assert own.read_bytes() == before


def test_a_python_variable_is_no_table(tmp_path: Path) -> None:
    own = write_parquet(tmp_path / "own.parquet", ROWS)
    with opened(definition(own), tmp_path / "scratch") as reader, pytest.raises(Permanent, match="own"):
        reader.fetch("SELECT * FROM own")


def test_a_long_statement_is_interrupted(tmp_path: Path) -> None:
    own = write_parquet(tmp_path / "own.parquet", ROWS)

    def cancel() -> None:
        raise Cancelled(datetime.now(UTC))

    with opened(definition(own), tmp_path / "scratch") as reader:
        with pytest.raises(Cancelled):
            fetch_watched(
                reader.connection, "SELECT sum(a.range * b.range) FROM range(10000000) a, range(10000000) b", (), cancel
            )
        assert reader.fetch("SELECT 1") == [(1,)]


def test_decimals_survive_the_way_in(tmp_path: Path) -> None:
    own = write_parquet(tmp_path / "own.parquet", ROWS)
    rows = read_all(definition(own), tmp_path / "scratch", date(2024, 2, 29), date(2024, 2, 29))
    assert [row["amount"] for row in rows] == [Decimal("-5.05")]
