"""Queries over datasets: what they give, and all that they must not reach."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
from django.utils import timezone
from pytest_django import Settings

from jobs.data.tables.queries import opening
from jobs.data.tables.queries.process import problem_of
from jobs.data.tables.queries.rules import Refused, check_query
from jobs.handler import Cancelled, InvalidPayload, Permanent, Retryable
from tests.jobs.data.tables.conftest import Opened, all_rows

pytestmark = pytest.mark.django_db


def query(sql: str) -> dict[str, Any]:
    return {"type": "query", "sql": sql}


def test_it_works(make_dataset: Any, opened: Opened) -> None:
    make_dataset("sales", {"kind": ["Tea", "Tea", "Coffee"], "amount": [1, 2, 5]})
    make_dataset("my-kinds", {"kind": ["Tea"], "hot": [True]})
    sql = """WITH sums AS (SELECT kind, sum(amount) AS amount FROM Sales GROUP BY kind)
        SELECT kind, amount, hot FROM sums LEFT JOIN "my-kinds" USING (kind) ORDER BY amount; -- the end"""
    with opened(query(sql)) as table:
        assert all_rows(table) == [("Tea", 3, True), ("Coffee", 5, None)]


def test_the_name_of_the_scratch_folder_makes_no_column(make_dataset: Any, opened: Opened, tmp_path: Path) -> None:
    make_dataset("sales", {"amount": [1]})
    folder = tmp_path / "a b+c%20[d]é*" / "year=2024"
    folder.mkdir(parents=True)
    with opened(query("SELECT * FROM sales"), folder=folder) as table:
        assert list(table.columns) == ["amount"]


def test_other_tenants_have_no_tables(make_dataset: Any, opened: Opened) -> None:
    make_dataset("mine", {"x": [1]})
    theirs = make_dataset("theirs", {"x": [1]}, tenant="other")
    for name in ("theirs", theirs.id, "/etc/passwd", theirs.storage_name, "sqlite_master"):
        with pytest.raises(InvalidPayload, match="your datasets: mine") as raised, opened(query(f'FROM "{name}"')):
            pass
        assert raised.value.faults[0]["path"] == "data_source.sql"


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT 1; SELECT 2",
        "COPY (SELECT 1) TO '/tmp/x.csv'",
        "ATTACH '/tmp/x.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "PRAGMA database_list",
        "SET memory_limit = '1TB'",
        "CREATE TABLE x AS SELECT 1",
        "EXPLAIN SELECT 1",
        "DESCRIBE x",
        "SHOW TABLES",
        "SUMMARIZE x",
        "SELECT * FROM (DESCRIBE x)",
        "PREPARE p AS SELECT 1",
        "EXECUTE p",
        "CALL duckdb_settings()",
        "EXPORT DATABASE '/tmp/x'",
        "WITH a AS (DELETE FROM x RETURNING *) FROM a",
        "SELECT ?",
        "SELECT $name",
        "SELECT * FROM read_csv('/etc/passwd')",
        "SELECT * FROM READ_TEXT('/etc/passwd')",
        "SELECT * FROM read_blob('/etc/passwd')",
        "SELECT * FROM parquet_metadata('x')",
        "SELECT * FROM glob('/*')",
        "SELECT * FROM sniff_csv('/etc/passwd')",
        "SELECT (SELECT count(*) FROM read_json('/etc/passwd'))",
        "SELECT 1 ORDER BY (SELECT count(*) FROM glob('/*'))",
        "SELECT * FROM main.read_csv('/etc/passwd')",
        "SELECT * FROM query('SELECT 1')",
        "SELECT * FROM query_table('x')",
        "SELECT * FROM duckdb_settings()",
        "SELECT * FROM pragma_version()",
        "SELECT * FROM duckdb_secrets()",
        "SELECT * FROM json_execute_serialized_sql('{}')",
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM pg_catalog.pg_tables",
        "SELECT * FROM system.main.duckdb_tables",
        "SELECT getenv('PATH')",
        "SELECT main.getenv('PATH')",
        "SELECT 'PATH'.getenv()",
        "SELECT current_setting('temp_directory')",
        "SELECT getvariable('x')",
        "SELECT sleep_ms(1000)",
        "SELECT nextval('x')",
        "SELECT write_log('x')",
        "SELECT " + "(" * 2_000 + "1" + ")" * 2_000,
        "nothing at all",
        "",
        "-- nothing",
    ],
)
def test_no_way_out(sql: str) -> None:
    with pytest.raises(Refused):
        check_query(sql)


@pytest.mark.parametrize(
    ("sql", "tables"),
    [
        ("FROM a JOIN b USING (x)", ["a", "b"]),
        ("WITH a AS (FROM b) FROM a", ["b"]),
        ("WITH a AS (FROM a) FROM a", ["a"]),
        ("WITH a AS (FROM b), b AS (SELECT 1) FROM a, b", ["b"]),
        ("WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 3) FROM r", []),
        ("SELECT * FROM (WITH a AS (SELECT 1) FROM a), a", ["a"]),
        ("SELECT (SELECT max(x) FROM a) WHERE EXISTS (FROM b) AND 1 IN (FROM c)", ["a", "b", "c"]),
        ("FROM a PIVOT (sum(x) FOR y IN (1, 2))", ["a"]),
        ("SELECT [x + 1 FOR x IN y], list_sum(z), rank() OVER (ORDER BY x), upper('a').lower(), now() FROM a", ["a"]),
        ("SELECT * FROM range(5), unnest([1]), (VALUES (1)) v; ", []),
    ],
)
def test_the_tables_that_are_read(sql: str, tables: list[str]) -> None:
    assert check_query(sql)[1] == tables


def test_a_mistake_is_told(opened: Opened) -> None:
    with pytest.raises(InvalidPayload, match="Could not convert string 'x'"), opened(query("SELECT CAST('x' AS INT)")):
        pass


def test_it_ends_when_its_time_is_up_or_the_run_is(opened: Opened, settings: Settings) -> None:
    settings.STREAMER_QUERY_SECONDS = 0.5
    endless = query("WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT 1 FROM r) SELECT count(*) FROM r")
    with pytest.raises(Permanent, match=r"longer than its limit of 0\.5 seconds"), opened(endless):
        pass

    def check() -> None:
        raise Cancelled(timezone.now())

    with pytest.raises(Cancelled), opened(query("SELECT 1"), check=check):
        pass


def test_its_time_goes_on_while_rows_flow(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SimpleNamespace(seconds=0.0)
    monkeypatch.setattr(opening, "time", SimpleNamespace(monotonic=lambda: clock.seconds))

    def on_rows(rows: int, total: int | None) -> None:
        clock.seconds += 50

    endless = query("SELECT * FROM range(1000000000000)")
    with pytest.raises(Permanent, match="longer than its limit of 120 seconds"), opened(endless, on_rows=on_rows):
        pass
    assert clock.seconds == 150


@pytest.mark.parametrize(
    ("sql", "text"),
    [
        ("SELECT 1 FROM (VALUES (1)) PIVOT", "syntax error"),
        ("SELECT " + "(" * 2_000 + "1" + ")" * 2_000, "Max expression depth limit of 1000 exceeded."),
        ("SELECT " + "abs(" * 250 + "1" + ")" * 250, "nested too deeply"),
        ("SELECT " + "abs(" * 450 + "1" + ")" * 450, "nested too deeply"),
        ("SELECT CAST('SET a. SET b' AS INT)", "Could not convert string 'SET a."),
        ("SELECT st_area(1)", "not allowed in a query"),
    ],
)
def test_a_mistake_is_told_without_advice_to_operators(sql: str, text: str, opened: Opened) -> None:
    with pytest.raises(InvalidPayload) as raised, opened(query(sql)):
        pass
    told = raised.value.faults[0]["message"]
    assert text in told and "LINE" not in told and "SET max" not in told


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (OSError("Out of Memory Error: failed\n\nPossible solutions: (SET threads=X)"), "memory"),
        (MemoryError(), "memory"),
        (OSError("Conversion Error: odd\n\nLINE 1: x"), "refused"),
        (duckdb.IOException("IO Error: /data/a.parquet"), "failed"),
        (duckdb.FatalException("FATAL Error: ended"), "failed"),
        (Refused("no"), "refused"),
    ],
)
def test_a_problem_is_of_the_query_or_of_the_machine(error: Exception, problem: str) -> None:
    [(kind, text)] = problem_of(error).items()
    assert kind == problem and (kind != "refused" or "\n" not in text)


def test_what_is_no_fault_of_the_query_shows_no_path(
    make_dataset: Any, opened: Opened, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    make_dataset("sales", {"x": [1]})
    gone = tmp_path / "gone.parquet"
    monkeypatch.setattr(opening, "local_copy", lambda *_: gone)
    with pytest.raises(Retryable) as raised, opened(query("FROM sales")):
        pass
    assert raised.value.message == "The query cannot be run at the moment."
    assert str(gone) in caplog.text


def test_it_may_not_fill_the_memory(opened: Opened) -> None:
    with pytest.raises(Permanent, match="more memory or disk"), opened(query("SELECT range(1000000000) AS x")):
        pass


def test_a_sample_with_a_seed_is_the_same_each_time(make_dataset: Any, rows_of: Any) -> None:
    make_dataset("sales", {"x": list(range(1000))})
    sampled = query("SELECT x FROM sales USING SAMPLE 10 ROWS (reservoir, 7)")
    assert len(rows_of(sampled)) == 10 and rows_of(sampled) == rows_of(sampled)


def test_groups_come_in_the_same_order_each_time(make_dataset: Any, opened: Opened) -> None:
    make_dataset("sales", {"k": [at * 7919 % 50_000 for at in range(400_000)], "x": [at / 7 for at in range(400_000)]})
    grouped = query("SELECT k, sum(x) AS x FROM sales GROUP BY k")
    fingerprints = set()
    for _ in range(2):
        with opened(grouped) as table:
            fingerprints.add(table.fingerprint)
    assert len(fingerprints) == 1 and table.rows == 50_000
