"""Rows of a source's files."""

import gzip
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.data.datasets.ingest import several_files
from jobs.data.sources.preview import source_preview
from jobs.handler import Permanent, Retryable
from tests.jobs.data.datasets.reading import read
from tests.jobs.data.sources.opening import FIRST, LAST, opened, read_all, source_of
from tests.jobs.handlers.report_tables import ROWS, definition, write_parquet


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


def test_texts_are_narrowed_to_the_days_by_their_offset(tmp_path: Path) -> None:
    texts = ["2024-12-31T23:30:00-01:00", "2024-01-01T00:30:00+01:00", "2025-01-01T00:30:00+01:00", " 2024-06-01 "]
    rows = [{**ROWS[0], "day": text} for text in texts]
    found = read_all(definition(write_parquet(tmp_path / "texts.parquet", rows)), tmp_path / "scratch")
    assert [row["day"] for row in found] == texts[2:]


OTHER_DATES = ["01/02/2024", "13/02/2024", "31.12.24", "2/1/03"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_csv_files_are_read_as_uploads_are(delimiter: str, encoding: str, tmp_path: Path) -> None:
    rows = [
        ["day", "amount", "kind", "code", "when"],
        ["2024-06-01T23:30:00-05:00", "1.5", "Café", "007", "01/02/2024"],
        ["2024-06-02", "9007199254740993", "N/A", "1_000", "13/02/2024"],
        ["2024-06-01 12:00", "2", "'x'", "1e3", "31.12.24"],
    ]
    (tmp_path / "sales.csv").write_text("\n".join(map(delimiter.join, rows)), encoding=encoding)
    uploaded = read(tmp_path, (tmp_path / "sales.csv").read_bytes())
    expected = [tuple(row.values()) for row in pq.read_table(uploaded.path).to_pylist()]
    assert [row[0] for row in expected] == [datetime(2024, 6, 2, 4, 30), datetime(2024, 6, 2), datetime(2024, 6, 1, 12)]
    entry = definition(tmp_path / "sales.csv", region=None)
    assert [tuple(row.values()) for row in read_all(entry, tmp_path / "scratch")] == expected
    assert source_preview(source_of(entry), tmp_path) == {
        "columns": [{"name": column["name"], "type": column["type"]} for column in uploaded.columns],
        "sample": uploaded.sample,
    }


@given(st.lists(st.sampled_from(["2024-06-01", "2024-06-01 10:00", "", "NA", *OTHER_DATES]), min_size=2, max_size=6))
@settings(deadline=None, max_examples=15)
def test_no_date_of_a_csv_file_is_guessed(texts: list[str]) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "sales.csv").write_text("\n".join(["n,day", *(f"{n},{text}" for n, text in enumerate(texts))]))
        with opened(definition(folder / "sales.csv", date="n"), folder / "scratch") as reader:
            [table] = reader.open_whole()
            list(reader.load(table))
            days = [day for (day,) in reader.fetch("SELECT day FROM records ORDER BY n")]
    if any(text in OTHER_DATES for text in texts) or all(text in ("", "NA") for text in texts):
        assert days == [text or None for text in texts]
    else:
        filled = [day for day in days if day is not None]
        assert len(filled) == sum(text not in ("", "NA") for text in texts)
        assert all(isinstance(day, date) and f"{day:%Y-%m-%d}" == "2024-06-01" for day in filled)


@pytest.mark.parametrize(("ending", "encoding"), [("csv", "utf-8"), ("csv.gz", "utf-16"), ("csv", "cp1252")])
def test_a_preview_reads_the_beginning_of_a_csv_file_alone(
    ending: str, encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(several_files, "_BEGINNING_BYTES", 3_000_000)
    text = f'"Tea\né{"x" * 9_000}"'
    lines = ["day,amount,kind,area", *(f"2024-06-01,{number},{text},North" for number in range(400))]
    content = "\n".join([*lines, '"what comes behind is no CSV']).encode(encoding)
    path = tmp_path / f"a.{ending}"
    path.write_bytes(gzip.compress(content, 1) if ending == "csv.gz" else content)
    shown = source_preview(source_of(definition(path)), tmp_path)
    assert [column["type"] for column in shown["columns"]] == ["DATE", "BIGINT", "VARCHAR", "VARCHAR"]
    assert [row["amount"] for row in shown["sample"]] == list(range(20))
    with pytest.raises(Permanent, match=rf"'{path.name}' cannot be read: line 802, column 1: a quote is"):
        read_all(definition(path), tmp_path / "scratch")


def test_a_date_column_of_numbers_is_told(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "drinks.parquet", [{**ROWS[0], "day": 20240101}])
    with pytest.raises(Permanent, match="The date column 'day' holds BIGINT, not dates."):
        read_all(definition(path), tmp_path / "scratch")


def test_folders_make_no_columns(tmp_path: Path) -> None:
    folder = tmp_path / "year=2024"
    folder.mkdir()
    path = write_parquet(folder / "drinks.parquet", ROWS[:1])
    (folder / "drinks.csv").write_text("day,amount,kind,area\n2024-01-01,1.50,Tea,North\n")
    for file in (path, folder / "drinks.csv"):
        assert "year" not in read_all(definition(file), tmp_path / "scratch")[0]
        source = source_of(definition(file))
        assert "year" not in [column["name"] for column in source_preview(source, tmp_path)["columns"]]


def test_decimals_of_more_than_38_digits_keep_them(tmp_path: Path) -> None:
    exact = Decimal("1234567890123456789012345678.25")
    rows = {"day": [date(2024, 1, 1)] * 2, "amount": pa.array([exact, Decimal("0.50")], pa.decimal256(50, 2))}
    pq.write_table(pa.table(rows), tmp_path / "wide.parquet")
    entry = definition(tmp_path / "wide.parquet")
    assert [row["amount"] for row in read_all(entry, tmp_path / "scratch")] == [exact, Decimal("0.50")]
    assert source_preview(source_of(entry), tmp_path)["sample"][0]["amount"] == str(exact)


def test_rows_come_in_the_order_of_the_files(tmp_path: Path) -> None:
    for number in range(4):
        values = range(number * 50_000, (number + 1) * 50_000)
        columns = {"day": [date(2024, 1, 1)] * 50_000, "amount": values}
        pq.write_table(pa.table(columns), tmp_path / f"{number}.parquet", row_group_size=7_000)
    rows = read_all(definition(tmp_path / "*.parquet"), tmp_path / "scratch")
    assert [row["amount"] for row in rows] == list(range(200_000))


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


def test_decimals_survive_the_way_in(tmp_path: Path) -> None:
    own = write_parquet(tmp_path / "own.parquet", ROWS)
    rows = read_all(definition(own), tmp_path / "scratch", date(2024, 2, 29), date(2024, 2, 29))
    assert [row["amount"] for row in rows] == [Decimal("-5.05")]
