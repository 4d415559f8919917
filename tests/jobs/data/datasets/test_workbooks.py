"""Workbooks of all formats: merged cells, headers, locks, and cells without a value."""

from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.data.datasets.failures import Unreadable
from tests.jobs.data.datasets.reading import read, rows_of, types_of
from tests.jobs.data.datasets.workbooks import cell, ods, ole, packed, xlsb, xlsx

COVERED = "<table:covered-table-cell/>"
EMPTY = "<table:table-cell/>"


# --- Merged cells ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "merged", "expected"),
    [
        ([["kind", "n"], ["A", 1], ["B"]], "A3:A5", [("A", 1), ("B", None), ("B", None), ("B", None)]),
        ([["kind", "n"], ["A", 1], ["B"]], "A3:B4", [("A", "1"), ("B", "B"), ("B", "B")]),
        ([["kind", "n"], ["A", 1], ["B", 2]], "B3:C3", [("A", 1, None), ("B", 2, 2)]),
        ([["kind", "n"], ["A", 1], [None, 2]], "A2:A3", [("A", 1), ("A", 2)]),
        ([["kind", "n"], ["A", 1], [None, 2]], "A2:A1048576", [("A", 1), ("A", 2)]),
    ],
)
def test_a_merged_cell_counts_in_each_of_its_cells(
    rows: list[list[Any]], merged: str, expected: list[tuple[Any, ...]], tmp_path: Path
) -> None:
    assert rows_of(read(tmp_path, xlsx(*rows, merged=merged))) == expected


def test_a_merged_title_over_whole_rows_makes_no_more_columns(tmp_path: Path) -> None:
    done = read(tmp_path, xlsx(["a", "b"], ["x", "y"], ["z", "z"], merged="A3:XFD3"))
    assert rows_of(done) == [("x", "y"), ("z", "z")]


def test_merged_cells_of_an_ods(tmp_path: Path) -> None:
    content = ods(
        EMPTY + cell("kind") + cell("n"),
        EMPTY + cell("A", 'table:number-rows-spanned="2" table:number-columns-spanned="1"') + cell("1"),
        EMPTY + COVERED + cell("2"),
        f'<table:table-row table:number-rows-repeated="2">{EMPTY}{EMPTY}{EMPTY}</table:table-row>',
        EMPTY + cell("B", 'table:number-rows-spanned="1" table:number-columns-spanned="2"') + COVERED,
        EMPTY + cell("C", 'table:number-rows-spanned="2" table:number-columns-spanned="1"') + cell("3"),
    )
    done = read(tmp_path, content)
    assert rows_of(done) == [("A", "1"), ("A", "2"), ("B", "B"), ("C", "3"), ("C", None)]


def test_merged_cells_of_an_xlsb(tmp_path: Path) -> None:
    done = read(tmp_path, xlsb(("kind", "note"), ("A", "x"), ("B", ""), merged=(2, 3, 0, 0)))
    assert rows_of(done) == [("A", "x"), ("B", None), ("B", None)]


# --- The header ------------------------------------------------------------------------------------------------------


def test_the_upload_says_whether_the_first_row_is_a_header(tmp_path: Path) -> None:
    content = xlsx(["a", "x"], ["b", "y"])
    done = read(tmp_path, content, header=False)
    assert rows_of(done) == [("a", "x"), ("b", "y")] and list(types_of(done)) == ["column_1", "column_2"]
    years = read(tmp_path, xlsx(["kind", 2023], ["A", 1]), header=True)
    assert list(types_of(years)) == ["kind", "2023"] and rows_of(years) == [("A", 1)]


@pytest.mark.parametrize("value", [1, 1.5, True, date(2024, 1, 31)])
def test_a_first_row_of_data_is_no_header(value: Any, tmp_path: Path) -> None:
    done = read(tmp_path, xlsx(["A", value], ["B", value]))
    assert done.rows == 2 and list(types_of(done)) == ["column_1", "column_2"]
    assert types_of(done)["column_2"] != "VARCHAR" and done.notes == ["The first row looks like data, not like names"]


def test_one_row_is_a_table_when_it_is_no_header(tmp_path: Path) -> None:
    assert rows_of(read(tmp_path, xlsx(["a", "b"]), header=False)) == [("a", "b")]


def test_a_title_above_the_table_is_told(tmp_path: Path) -> None:
    rows = [["Sales of the year"], [], ["kind", "n", "day"], ["A", 1, "x"], ["B", 2, "y"]]
    told = "Row 1 has one value, but from row 3 on most rows have 3: delete what stands above the header"
    assert told in read(tmp_path, xlsx(*rows)).notes
    assert told in read(tmp_path, xlsx(*rows, merged="A1:C1")).notes


def test_a_table_of_one_column_has_no_title(tmp_path: Path) -> None:
    assert not read(tmp_path, xlsx(["kind"], ["A"], ["B"])).notes


# --- Locks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [ole("EncryptedPackage"), ods(cell("a"), cell("b"), locked=True), packed({"encrypted-package": b"x"})],
    ids=["xlsx", "ods", "ods as a whole"],
)
def test_a_locked_workbook_is_called_locked(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="^The workbook is locked with a password$"):
        read(tmp_path, content)


def test_a_container_of_something_else_is_damaged(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="damaged"):
        read(tmp_path, ole("WordDocument"))


@pytest.mark.parametrize("name", ["upload", "table.xls", "table.ods", "table.csv"])
def test_the_content_decides_and_not_the_ending(name: str, tmp_path: Path) -> None:
    assert rows_of(read(tmp_path, xlsx(["a"], [1]), name=name)) == [(1,)]


# --- Cells without a value -------------------------------------------------------------------------------------------


def test_errors_and_formulas_without_a_value_are_told(tmp_path: Path) -> None:
    def change(sheet: Any) -> None:
        sheet["B2"] = "#N/A"
        sheet["B3"] = "#DIV/0!"
        sheet["C3"] = "=A2*2"

    done = read(tmp_path, xlsx(["a", "b", "c"], [1, None, 1], [2, None, None], [3, 1, 1], change=change))
    assert rows_of(done) == [(1, None, 1), (2, None, None), (3, 1, 1)]
    assert done.notes == [
        "2 cells have an error such as #N/A, first B2; they are empty",
        "1 cell has a formula whose value was not saved, first C3; it is empty",
    ]


def test_errors_of_an_xlsb_are_told(tmp_path: Path) -> None:
    done = read(tmp_path, xlsb(("kind", "note"), ("A", "#N/A"), ("B", "y"), merged=(0, 0, 0, 0)))
    assert rows_of(done) == [("A", None), ("B", "y")]
    assert done.notes == ["1 cell has an error such as #N/A, first B2; it is empty"]


def test_an_error_in_an_ods_is_empty_and_told(tmp_path: Path) -> None:
    error = 'office:value-type="string" office:string-value="" calcext:value-type="error"'
    broken = f'<table:table-cell table:formula="of:=1/0" {error}><text:p>#DIV/0!</text:p></table:table-cell>'
    done = read(tmp_path, ods(cell("kind") + cell("note"), cell("A") + broken, cell("B") + cell("y")))
    assert rows_of(done) == [("A", None), ("B", "y")]
    assert done.notes == ["1 cell has an error such as #N/A, first B2; it is empty"]


# --- Kinds -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "of_type", "expected"),
    [
        ([1, "NA", 2.5, " n/a ", " "], "DOUBLE", [1.0, None, 2.5, None, None]),
        ([date(2024, 2, 29), "NULL"], "DATE", [date(2024, 2, 29), None]),
        ([True, "None"], "BOOLEAN", [True, None]),
        (["NA", "nan"], "VARCHAR", ["NA", "nan"]),
        (["Namibia", "NA", 5], "VARCHAR", ["Namibia", "NA", "5"]),
        ([timedelta(hours=30, minutes=5), timedelta(seconds=1.5)], "VARCHAR", ["30:05:00", "0:00:01.5"]),
    ],
)
def test_words_for_nothing_are_empty_among_other_values(
    values: list[Any], of_type: str, expected: list[Any], tmp_path: Path
) -> None:
    done = read(tmp_path, xlsx(["x", "row"], *([value, row] for row, value in enumerate(values))))
    assert types_of(done)["x"] == of_type and done.notes == []
    assert pq.read_table(done.path)["x"].to_pylist() == expected


@given(
    usual=st.sampled_from([5, 2.5, True, date(2024, 2, 29), datetime(2024, 2, 29, 10)]),
    odd=st.lists(st.tuples(st.integers(0, 99), st.sampled_from(["?", "12 kg", "-"])), min_size=1, max_size=10),
)
@settings(deadline=None, max_examples=15)
def test_the_few_texts_in_a_column_are_told(usual: Any, odd: list[tuple[int, str]]) -> None:
    values = [usual] * 100
    for at, text in odd:
        values[at] = text
    with TemporaryDirectory() as folder:
        done = read(Path(folder), xlsx(["x"], *([value] for value in values)))
    assert types_of(done) == {"x": "VARCHAR"}
    places = sorted({at for at, _ in odd})
    [note] = done.notes
    assert f", {len(places)} {'is' if len(places) == 1 else 'are'} not, " in note
    assert note.endswith(f"first '{values[places[0]]}' in row {places[0] + 2} of the sheet")
