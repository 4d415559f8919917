"""Rows of a query over a Django database."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from jobs.handler import Permanent, Retryable
from jobs.models import AsyncRequest
from tests.jobs.data.sources.opening import EVENTS, FIRST, LAST, opened, read_all
from tests.jobs.handlers.report_tables import ROWS, definition, write_parquet


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
