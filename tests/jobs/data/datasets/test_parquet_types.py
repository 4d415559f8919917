"""Columns of Parquet keep their types and names, whatever wrote them."""

import io
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.data.datasets.failures import Unreadable
from jobs.data.datasets.outcome import Ingested
from tests.jobs.data.datasets.reading import read, rows_of, types_of

WIDE = Decimal("1234567890123456789012345678901234567890.25")


def parquet(table: pa.Table, **options: Any) -> bytes:
    content = io.BytesIO()
    pq.write_table(table, content, **options)
    return content.getvalue()


def stored(done: Ingested) -> list[tuple[Any, ...]]:
    """All rows, as DuckDB writes their values."""
    with duckdb.connect() as connection:
        rows: list[tuple[Any, ...]] = connection.execute(
            f"SELECT CAST(COLUMNS(*) AS VARCHAR) FROM read_parquet('{done.path}')"
        ).fetchall()
    return rows


@pytest.mark.parametrize(
    ("column", "of_type", "text"),
    [
        (pa.array([datetime(2024, 1, 31, 23, 50)], pa.timestamp("s")), "TIMESTAMP", "2024-01-31 23:50:00"),
        (pa.array([datetime(2024, 1, 31, 23, 50)], pa.timestamp("ms")), "TIMESTAMP", "2024-01-31 23:50:00"),
        (pa.array([datetime(2024, 1, 31, 23, 50, 0, 1)]), "TIMESTAMP", "2024-01-31 23:50:00.000001"),
        (pa.array([datetime(2024, 1, 31, 23, 50)], pa.timestamp("ns")), "TIMESTAMP", "2024-01-31 23:50:00"),
        (
            pa.array([datetime(2024, 1, 31, 23, 50, tzinfo=UTC)], pa.timestamp("us", "Asia/Tokyo")),
            "TIMESTAMP",
            "2024-01-31 23:50:00",
        ),
        (
            pa.array([datetime(2024, 1, 31, 23, 50, tzinfo=UTC)], pa.timestamp("ns", "Asia/Tokyo")),
            "TIMESTAMP",
            "2024-01-31 23:50:00",
        ),
        (pa.array([date(2024, 2, 29)]), "DATE", "2024-02-29"),
        (pa.array([time(23, 59, 58)], pa.time32("s")), "TIME", "23:59:58"),
        (pa.array([time(23, 59, 58, 7)], pa.time64("us")), "TIME", "23:59:58.000007"),
        (pa.array([time(23, 59, 58)], pa.time64("ns")), "TIME", "23:59:58"),
        (pa.array([Decimal("-1.50")], pa.decimal128(38, 2)), "DECIMAL(38,2)", "-1.50"),
        (pa.array([Decimal("-1.50")], pa.decimal256(50, 2)), "DECIMAL(38,2)", "-1.50"),
        (pa.array([2**64 - 1], pa.uint64()), "UBIGINT", str(2**64 - 1)),
        (pa.array([True]), "BOOLEAN", "true"),
        (pa.array([None], pa.null()), "VARCHAR", None),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else "",
)
def test_a_column_keeps_its_type(column: pa.Array, of_type: str, text: str | None, tmp_path: Path) -> None:
    done = read(tmp_path, parquet(pa.table({"a": column})))
    assert types_of(done) == {"a": of_type} and stored(done) == [(text,)] and not done.notes


@pytest.mark.parametrize("content", [parquet(pa.table({"a": [1]})), b'{"a":1}\n'], ids=["parquet", "json lines"])
def test_a_header_that_is_not_asked_for_is_told(content: bytes, tmp_path: Path) -> None:
    done = read(tmp_path, content, header=False)
    assert types_of(done) == {"a": "BIGINT"}
    assert done.notes == ["Files of this format name their columns themselves, so 'header' was not used"]
    assert read(tmp_path, content, header=True).notes == read(tmp_path, content).notes == []


@pytest.mark.parametrize(("unit", "written"), [("s", "seconds"), ("ns", "nanoseconds")])
def test_durations_are_whole_numbers_and_a_note_says_of_what(unit: str, written: str, tmp_path: Path) -> None:
    done = read(tmp_path, parquet(pa.table({"n": [1], "wait": pa.array([90], pa.duration(unit))})))
    assert types_of(done) == {"n": "BIGINT", "wait": "BIGINT"} and rows_of(done) == [(1, 90)]
    assert done.notes == [f"Column 'wait' holds durations; they are kept as whole numbers of {written}"]


def test_old_timestamps_of_96_bits_keep_their_type(tmp_path: Path) -> None:
    table = pa.table({"at": pa.array([datetime(2024, 1, 31, 23, 50)], pa.timestamp("ns"))})
    done = read(tmp_path, parquet(table, use_deprecated_int96_timestamps=True))
    assert types_of(done) == {"at": "TIMESTAMP"} and rows_of(done) == [("2024-01-31T23:50:00",)]


@pytest.mark.parametrize("kind", ["TIME WITH TIME ZONE", "TIMESTAMP WITH TIME ZONE"])
def test_moments_with_a_time_zone_are_in_utc(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "made.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT CAST('2024-01-31 23:30:00+02' AS {kind}) AS at) TO '{path}'")
    done = read(tmp_path, path.read_bytes())
    assert types_of(done) == {"at": kind.partition(" ")[0]} and stored(done)[0][0].endswith("21:30:00")


def test_nanoseconds_are_cut_and_a_note_says_so(tmp_path: Path) -> None:
    last = 1_706_745_599_999_999_999  # 2024-01-31 23:59:59.999999999: rounded, it would be a day of February
    table = pa.table(
        {
            "at": pa.array([last, -1, None, 1_000], pa.timestamp("ns")),
            "zoned": pa.array([last, 0, None, 1_000], pa.timestamp("ns", "UTC")),
            "hour": pa.array([86_399_999_999_999, 0, None, 1_000], pa.time64("ns")),
            "even": pa.array([1_000, 0, None, 1_000], pa.timestamp("ns")),
        }
    )
    done = read(tmp_path, parquet(table))
    assert stored(done) == [
        ("2024-01-31 23:59:59.999999", "2024-01-31 23:59:59.999999", "23:59:59.999999", "1970-01-01 00:00:00.000001"),
        ("1969-12-31 23:59:59.999999", "1970-01-01 00:00:00", "00:00:00", "1970-01-01 00:00:00"),
        (None, None, None, None),
        ("1970-01-01 00:00:00.000001", "1970-01-01 00:00:00.000001", "00:00:00.000001", "1970-01-01 00:00:00.000001"),
    ]
    assert done.notes == [
        "Column 'at' has nanoseconds in 2 values; they are cut to microseconds",
        "Column 'zoned' has nanoseconds in 1 value; they are cut to microseconds",
        "Column 'hour' has nanoseconds in 1 value; they are cut to microseconds",
    ]


def test_decimals_too_wide_for_the_database_stay_exact(tmp_path: Path) -> None:
    table = pa.table({"n": [1, 2, 3], "wide": pa.array([WIDE, None, Decimal("0.01")], pa.decimal256(60, 2))})
    done = read(tmp_path, parquet(table))
    assert types_of(done) == {"n": "BIGINT", "wide": "VARCHAR"}
    assert stored(done) == [("1", str(WIDE)), ("2", None), ("3", "0.01")]
    assert done.notes == ["Column 'wide' is text: it has numbers of more than 38 digits"]


@pytest.mark.parametrize(
    ("names", "expected", "notes"),
    [
        (["a", "A"], ["a", "A_2"], ["Column 2 is a second 'A'; it is called 'A_2'"]),
        (["x", "x", "x_1"], ["x", "x_2", "x_1"], ["Column 2 is a second 'x'; it is called 'x_2'"]),
        (
            ["RowID", "n"],
            ["RowID_2", "n"],
            ["Column 1 has a name that DuckDB keeps, 'RowID'; it is called 'RowID_2'"],
        ),
        (["n", ""], ["n", "column_2"], ["Column 2 has no name; it is called 'column_2'"]),
    ],
)
def test_names_are_mended_as_in_other_formats(
    names: list[str], expected: list[str], notes: list[str], tmp_path: Path
) -> None:
    table = pa.Table.from_arrays([pa.array([number]) for number in range(len(names))], names)
    done = read(tmp_path, parquet(table))
    assert list(types_of(done)) == expected and done.notes == notes and rows_of(done) == [tuple(range(len(names)))]


NOT_UTF8 = pa.Array.from_buffers(pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\2\0\0\0"), pa.py_buffer(b"\xff\xfe")])


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        (pa.table({}), "has no columns"),
        (pa.table({"x": NOT_UTF8}), "has a text that is not UTF-8"),
        (pa.table({"x": pa.array([90_000_000_000]).view(pa.time64("us"))}), "has a time that is no time of a day"),
        (
            pa.table({"x": pa.array([9 * 10**17]).view(pa.timestamp("ms"))}),
            "has a moment that is too far away from now",
        ),
    ],
)
def test_a_file_that_is_whole_is_not_called_damaged(table: pa.Table, fault: str, tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=f"The Parquet file {fault}"):
        read(tmp_path, parquet(table))


def test_the_sample_shows_a_decimal_of_many_digits_exactly(tmp_path: Path) -> None:
    values = [Decimal("1234567.0000000000000000000000000000001"), Decimal("0.5"), None]
    done = read(tmp_path, parquet(pa.table({"x": pa.array(values, pa.decimal128(38, 31))})))
    assert rows_of(done) == [(str(values[0]),), (0.5,), (None,)]


def test_a_nested_column_is_named_as_the_file_names_it(tmp_path: Path) -> None:
    table = pa.Table.from_arrays([pa.array([1]), pa.array([{"b": {"c": 1}}]), pa.array([2])], ["a", "A", "z"])
    with pytest.raises(Unreadable, match=r"The column 'A' is nested \(STRUCT"):
        read(tmp_path, parquet(table))


def test_the_sample_shows_dates_that_python_has_not(tmp_path: Path) -> None:
    table = pa.table(
        {
            "day": pa.array([2**31 - 1, -(2**31 - 1), 2_932_897, None, 0], pa.int32()).view(pa.date32()),
            "at": pa.array([2**63 - 1, -(2**63 - 1), 253_402_300_800_000_000, None, 500_000]).view(pa.timestamp("us")),
        }
    )
    done = read(tmp_path, parquet(table))
    assert types_of(done) == {"day": "DATE", "at": "TIMESTAMP"}
    assert rows_of(done) == [
        ("infinity", "infinity"),
        ("-infinity", "-infinity"),
        ("10000-01-01", "10000-01-01 00:00:00"),
        (None, None),
        ("1970-01-01", "1970-01-01T00:00:00.500000"),
    ]


def test_the_sample_shows_all_digits_of_a_decimal(tmp_path: Path) -> None:
    values = [Decimal("12345678901234567890.12"), Decimal("1.50")]
    assert rows_of(read(tmp_path, parquet(pa.table({"n": pa.array(values)})))) == [("12345678901234567890.12",), (1.5,)]
