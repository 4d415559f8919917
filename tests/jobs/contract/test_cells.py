"""Values that others cannot hold, in a real DuckDB."""

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import HealthCheck, example, given, settings, strategies

from jobs.data.statements import open_database
from jobs.data.tables.loaded import LoadedTable
from jobs.handler import (
    FORMULA_START,
    blank_unusable_dates,
    guard_formula,
    guard_formula_sql,
    moment_of_text_sql,
    unusable_sql,
    usable_sql,
)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    connection = open_database(tmp_path_factory.mktemp("database"), [])
    yield connection
    connection.close()


@given(text=strategies.text(alphabet="=+-@\t\r\n' a1", max_size=4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_works(database: duckdb.DuckDBPyConnection, text: str) -> None:
    guarded = guard_formula(text)
    assert guarded == (f"'{text}" if text[:1] and text[0] in "=+-@\t\r\n" else text)
    [[by_sql]] = database.execute(f"SELECT {guard_formula_sql('$text')}", {"text": text}).fetchall()
    assert by_sql == guarded
    assert pc.match_substring_regex(pa.array([text]), FORMULA_START)[0].as_py() == (guarded != text)


@pytest.mark.parametrize(
    ("value", "column_type", "is_usable"),
    [
        ("'nan'", "DOUBLE", False),
        ("'-inf'", "FLOAT", False),
        ("1e308", "DOUBLE", True),
        ("'infinity'", "DATE", False),
        ("'-infinity'", "TIMESTAMP", False),
        ("'infinity'", "TIMESTAMP WITH TIME ZONE", False),
        ("'0001-01-01'", "DATE", True),
        ("'0001-12-31 (BC)'", "DATE", False),
        ("'10000-01-01'", "DATE", False),
        ("'9999-12-31 23:59:59.999999'", "TIMESTAMP", True),
        ("'10000-01-01'", "TIMESTAMP_S", False),
        ("'24:00:00'", "TIME", False),
        ("'23:59:59.999999'", "TIME", True),
        ("'infinity'", "VARCHAR", True),
    ],
)
def test_what_python_cannot_hold_counts_as_missing(
    database: duckdb.DuckDBPyConnection, value: str, column_type: str, is_usable: bool
) -> None:
    sql = f"CAST({value} AS {column_type})"
    [[found]] = database.execute(f"SELECT {usable_sql(sql, column_type)}").fetchall()
    assert (found is not None) is is_usable
    [[nothing]] = database.execute(f"SELECT {usable_sql(f'CAST(NULL AS {column_type})', column_type)}").fetchall()
    assert nothing is None
    if condition := unusable_sql(sql, column_type):
        assert database.execute(f"SELECT {condition}").fetchall() == [(not is_usable,)]


@given(
    moment=strategies.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 12, 31)),
    minutes=strategies.integers(-15 * 60, 15 * 60),
    separator=strategies.sampled_from("T "),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(moment=datetime(2023, 12, 31, 23, 30), minutes=-330, separator="T")
def test_the_offset_of_a_text_counts(
    database: duckdb.DuckDBPyConnection, moment: datetime, minutes: int, separator: str
) -> None:
    hours, rest = divmod(abs(minutes), 60)
    text = f" {moment.isoformat(separator)}{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"
    wanted = datetime.fromisoformat(text.strip()).utctimetuple()[:6]
    [[found]] = database.execute(f"SELECT {moment_of_text_sql('$text')}", {"text": text}).fetchall()
    assert found.timetuple()[:6] == wanted and found.microsecond == moment.microsecond


@pytest.mark.parametrize("text", ["infinity", "-Infinity", "epoch", "10000-01-01", "0044-03-15 (BC)", "soon", "", None])
def test_a_text_that_is_no_date_has_none(database: duckdb.DuckDBPyConnection, text: str | None) -> None:
    assert database.execute(f"SELECT {moment_of_text_sql('$text')}", {"text": text}).fetchall() == [(None,)]


@given(
    day=strategies.dates(date(1, 1, 1), date(9999, 12, 31)),
    form=strategies.sampled_from(
        [
            "{0.day}-{0.month}-{1:02}",
            "{1:02}-{0.month:02}-{0.day:02}",
            "{0.month}/{0.day}/{1:02}",
            "{1}/{0.month}/{0.day}",
        ]
    ),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(day=date(2024, 12, 31), form="{0.day}-{0.month}-{1:02}")
def test_a_year_of_fewer_than_four_digits_is_none(database: duckdb.DuckDBPyConnection, day: date, form: str) -> None:
    text = form.format(day, day.year % 100)
    assert database.execute(f"SELECT {moment_of_text_sql('$text')}", {"text": text}).fetchall() == [(None,)]
    cast = moment_of_text_sql("text", cast="CAST")
    with pytest.raises(duckdb.ConversionException, match=f'"{text}" is not in ISO 8601'):
        database.execute(f"SELECT {cast} FROM (SELECT CAST($text AS VARCHAR) AS text)", {"text": text})


@given(
    sign=strategies.sampled_from("+-"),
    hours=strategies.integers(0, 99),
    minutes=strategies.integers(0, 99),
    colon=strategies.sampled_from([":", ""]),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_an_offset_is_less_than_a_day(
    database: duckdb.DuckDBPyConnection, sign: str, hours: int, minutes: int, colon: str
) -> None:
    text = f"2024-01-31T10:00:00.5{sign}{hours:02}{colon}{minutes:02}"
    [[found]] = database.execute(f"SELECT {moment_of_text_sql('$text')}", {"text": text}).fetchall()
    assert (found is not None) is (hours < 24 and minutes < 60)


def test_dates_are_blanked_in_place_and_counted(tmp_path: Path) -> None:
    connection = open_database(tmp_path, [])
    connection.execute(
        "CREATE TABLE data AS SELECT * FROM (VALUES (1, DATE 'infinity', TIMESTAMP '2024-01-01', 'nan'::DOUBLE), "
        "(2, DATE '2024-01-01', TIMESTAMP '10000-01-01', 1.5), (3, DATE '-infinity', NULL, NULL)) "
        't(id, "a ""day", m, x)'
    )
    table = LoadedTable(connection, "days", lambda: None)
    assert blank_unusable_dates(table) == [
        "2 values of 'a \"day' count as missing: infinite, or outside the years 1 to 9999.",
        "1 value of 'm' counts as missing: infinite, or outside the years 1 to 9999.",
    ]
    rows = table.fetch('SELECT id, "a ""day", m FROM data ORDER BY rowid')
    assert rows == [(1, None, datetime(2024, 1, 1)), (2, date(2024, 1, 1), None), (3, None, None)]
    assert table.fetch("SELECT isnan(x) FROM data WHERE id = 1") == [(True,)]
    assert blank_unusable_dates(table) == []
    connection.close()
