import io
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from jobs.data.datasets.failures import TooLarge, Unreadable
from jobs.data.datasets.ingest import conversion as ingest_module
from tests.jobs.data.datasets.reading import read, rows_of, types_of


def workbook(fill: Callable[[Any], None]) -> bytes:
    content = io.BytesIO()
    with xlsxwriter.Workbook(content) as book:
        fill(book)
    return content.getvalue()


def one_sheet(*rows: list[Any], merged: str = "") -> bytes:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet()
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for number, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, date):
                    sheet.write_datetime(number, column, value, day)
                elif value is not None:
                    sheet.write(number, column, value)
        if merged:
            sheet.merge_range(merged, "north")

    return workbook(fill)


def parquet(table: pa.Table) -> bytes:
    content = io.BytesIO()
    pq.write_table(table, content)
    return content.getvalue()


def test_it_works(tmp_path: Path) -> None:
    done = read(
        tmp_path, one_sheet(["name", "n", "x", "day", "ok"], ["Ada", 1, 1.5, date(2024, 1, 31), True], ["Bob", 2, 3])
    )
    assert done.format == "excel" and done.rows == 2 and not done.notes
    assert list(types_of(done).values()) == ["VARCHAR", "BIGINT", "DOUBLE", "DATE", "BOOLEAN"]
    assert rows_of(done) == [("Ada", 1, 1.5, "2024-01-31", True), ("Bob", 2, 3.0, None, None)]


def test_the_name_of_the_folder_makes_no_column(tmp_path: Path) -> None:
    folder = tmp_path / "a b+c%20[d]é*" / "year=2024"
    folder.mkdir(parents=True)
    for content in (parquet(pa.table({"x": [1]})), "x\n1\n"):
        assert types_of(read(folder, content)) == {"x": "BIGINT"}


def test_what_surrounds_a_table_is_left_out(tmp_path: Path) -> None:
    done = read(tmp_path, one_sheet([], [None, "a", None, "b"], [], [None, 1, None, "x"], [None, 2, None, "y"]))
    assert rows_of(done) == [(1, "x"), (2, "y")] and list(types_of(done)) == ["a", "b"]


def test_a_merged_cell_stands_in_each_of_its_cells(tmp_path: Path) -> None:
    content = one_sheet([], [None, "region", "n"], [None, None, 1], [None, None, 2], [None, "south", 3], merged="B3:B4")
    assert rows_of(read(tmp_path, content)) == [("north", 1), ("north", 2), ("south", 3)]


def test_mixtures_become_texts(tmp_path: Path) -> None:
    done = read(tmp_path, one_sheet(["a"], [1], ["x"], [2.5], [True], [date(2024, 1, 31)]))
    assert rows_of(done) == [("1",), ("x",), ("2.5",), ("true",), ("2024-01-31",)]


def test_formulas_give_the_values_they_had(tmp_path: Path) -> None:
    def fill(book: Any) -> None:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["a", "double"])
        sheet.write(1, 0, 2)
        sheet.write_formula(1, 1, "=A2*2", None, 4)

    assert rows_of(read(tmp_path, workbook(fill))) == [(2, 4)]


def test_sheets(tmp_path: Path) -> None:
    def fill(book: Any) -> None:
        for name in ("hidden", "first", "second"):
            sheet = book.add_worksheet(name)
            sheet.write_column(0, 0, [name, 1])
            if name == "hidden":
                sheet.hide()
            if name == "first":
                sheet.activate()
                sheet.set_first_sheet()

    content = workbook(fill)
    done = read(tmp_path, content)
    assert list(types_of(done)) == ["first"] and done.notes == ["The sheet 'first' was read; there are also: second"]
    assert list(types_of(read(tmp_path, content, sheet="hidden"))) == ["hidden"]
    with pytest.raises(Unreadable, match="There is no sheet 'third'. There are: hidden, first, second"):
        read(tmp_path, content, sheet="third")
    with pytest.raises(Unreadable, match="Only workbooks have sheets"):
        read(tmp_path, "a\n1\n", sheet="first")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (one_sheet(), "The sheet 'Sheet1' is empty"),
        (one_sheet(["a", "b"]), "The sheet has a header and no rows"),
        (one_sheet(["a"], [1])[:-100], "The file is a damaged workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 1000, "The workbook cannot be read: it is damaged"),
    ],
)
def test_a_workbook_with_a_defect(content: bytes, text: str, tmp_path: Path) -> None:
    with pytest.raises(Unreadable) as caught:
        read(tmp_path, content)
    assert caught.value.message.startswith(text)


def test_a_workbook_with_a_broken_part(tmp_path: Path) -> None:
    content = one_sheet(["a"], [1])
    at = content.index(b"xl/worksheets/sheet1.xml") + 60
    with pytest.raises(Unreadable, match="damaged"):
        read(tmp_path, content[:at] + b"\xff\xff\xff\xff" + content[at + 4 :])


def test_an_archive_that_is_no_workbook(tmp_path: Path) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("a.csv", "a\n1\n")
    with pytest.raises(Unreadable, match="no workbook"):
        read(tmp_path, content.getvalue())


def test_a_workbook_that_unpacks_to_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest_module, "MAX_WORKBOOK_BYTES", 1000)
    with pytest.raises(TooLarge, match="The unpacked workbook is larger than 1 kB"):
        read(tmp_path, one_sheet(["a"], [1]))


# --- Parquet ---------------------------------------------------------------------------------------------------------


def test_parquet(tmp_path: Path) -> None:
    table = pa.table(
        {
            "n": pa.array([1, None], pa.int8()),
            "at": pa.array([datetime(2024, 1, 31, tzinfo=UTC), None]),
            "word": pa.array(["x", "y"]).dictionary_encode(),
            "x": pa.array([1.5, float("nan")], pa.float32()),
        }
    )
    done = read(tmp_path, parquet(table))
    assert done.format == "parquet" and list(types_of(done).values()) == ["TINYINT", "TIMESTAMP", "VARCHAR", "DOUBLE"]
    assert rows_of(done) == [(1, "2024-01-31T00:00:00", "x", 1.5), (None, None, "y", None)]


def test_parquet_with_two_columns_of_one_name(tmp_path: Path) -> None:
    table = pa.Table.from_arrays([pa.array([1]), pa.array(["x"])], ["a", "a"])
    assert rows_of(read(tmp_path, parquet(table))) == [(1, "x")]


@pytest.mark.parametrize(
    ("table", "text"),
    [
        (pa.table({"a": [[1]]}), r"The column 'a' is nested \(BIGINT\[\]\)"),
        (pa.table({"a": [{"b": 1}]}), r"The column 'a' is nested \(STRUCT"),
        (pa.table({"a": [b"x"]}), "The column 'a' holds bytes"),
        (pa.table({"a": pa.array([], pa.int64())}), "no rows"),
    ],
)
def test_parquet_that_is_no_plain_table(table: pa.Table, text: str, tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=text):
        read(tmp_path, parquet(table))


def test_parquet_that_is_cut_short(tmp_path: Path) -> None:
    for content in (parquet(pa.table({"a": [1]}))[:-20], b"PAR1"):
        with pytest.raises(Unreadable, match="damaged or cut short"):
            read(tmp_path, content)
