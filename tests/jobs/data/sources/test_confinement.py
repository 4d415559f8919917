"""A source's connection reaches its source and nothing else."""

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from jobs.data.statements import fetch_watched
from jobs.handler import Cancelled, Permanent, Retryable
from tests.jobs.data.sources.opening import opened
from tests.jobs.handlers.report_tables import ROWS, definition, write_parquet


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
