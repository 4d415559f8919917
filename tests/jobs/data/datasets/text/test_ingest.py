import gzip
from pathlib import Path

import pytest

from jobs.data.datasets import naming
from jobs.data.datasets.failures import TooLarge, Unreadable
from jobs.data.datasets.formats import delimited
from tests.jobs.data.datasets.reading import read, rows_of, types_of


def test_it_works(tmp_path: Path) -> None:
    done = read(
        tmp_path, "name,age,score,paid,day,at\nAda,36,1.5,true,2024-01-31,2024-01-31 10:00:00\nBob,,2,FALSE,,\n"
    )
    assert (done.format, done.rows, done.notes) == ("csv", 2, [])
    assert types_of(done) == {
        "name": "VARCHAR",
        "age": "BIGINT",
        "score": "DOUBLE",
        "paid": "BOOLEAN",
        "day": "DATE",
        "at": "TIMESTAMP",
    }
    assert rows_of(done) == [
        ("Ada", 36, 1.5, True, "2024-01-31", "2024-01-31T10:00:00"),
        ("Bob", None, 2.0, False, None, None),
    ]
    assert [column["nulls"] for column in done.columns] == [0, 1, 0, 0, 1, 1]


# --- types -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["1", "2"], "BIGINT"),
        (["1", "2.5"], "DOUBLE"),
        (["1", "1e3"], "DOUBLE"),
        (["1", "x"], "VARCHAR"),
        (["007", "8"], "VARCHAR"),
        (["+49", "1"], "VARCHAR"),
        (["1_000", "1"], "VARCHAR"),
        (["9223372036854775808", "1"], "VARCHAR"),
        (["inf", "1.5"], "VARCHAR"),
        (["1e999", "1.5"], "VARCHAR"),
        (["NA", "1"], "BIGINT"),
        (["NA", "DE"], "VARCHAR"),
        (["true", "1"], "VARCHAR"),
        (["2024-02-30", "2024-01-01"], "VARCHAR"),
        (["2024-01-01", "2024-01-01T10:00"], "TIMESTAMP"),
        ([" 5", "6 "], "BIGINT"),
        (["", ""], "VARCHAR"),
    ],
)
def test_a_column_has_the_narrowest_type_that_all_its_values_fit(
    values: list[str], expected: str, tmp_path: Path
) -> None:
    lines = "".join(f"{value},x\n" for value in values)
    assert types_of(read(tmp_path, f"value,other\n{lines}"))["value"] == expected


@pytest.mark.parametrize(("late", "expected"), [("2.5", "DOUBLE"), ("n.n.", "VARCHAR"), ("", "BIGINT")])
def test_a_late_value_that_does_not_fit_widens_the_type(late: str, expected: str, tmp_path: Path) -> None:
    early = "".join(f"{number},{number}\n" for number in range(25_000))
    done = read(tmp_path, f"id,value\n{early}25000,{late}\n")
    assert types_of(done) == {"id": "BIGINT", "value": expected} and done.rows == 25_001


def test_a_column_that_begins_empty_still_finds_its_type(tmp_path: Path) -> None:
    early = ",1\n" * 25_000
    assert types_of(read(tmp_path, f"late,id\n{early}7,1\n"))["late"] == "BIGINT"


def test_moments_with_an_offset_become_utc(tmp_path: Path) -> None:
    done = read(tmp_path, "at\n2024-01-01T00:30:00+02:00\n2024-01-01T00:00:00Z\n")
    assert rows_of(done) == [("2023-12-31T22:30:00",), ("2024-01-01T00:00:00",)]


def test_texts_stay_as_they_are(tmp_path: Path) -> None:
    assert rows_of(read(tmp_path, "a,b\nNA, x \nnull,y\n")) == [("NA", " x "), ("null", "y")]


# --- dialects --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("delimiter", "kind"), [(",", "csv"), (";", "csv"), ("|", "csv"), ("\t", "tsv")])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends_are_found(delimiter: str, kind: str, ending: str, tmp_path: Path) -> None:
    text = ending.join(delimiter.join(row) for row in (["a", "b"], ["1", '"x, y; z"'], ["2", "ü"])) + ending
    done = read(tmp_path, text)
    assert done.format == kind and rows_of(done) == [(1, "x, y; z"), (2, "ü")]


def test_mixed_line_ends_are_read_all_the_same(tmp_path: Path) -> None:
    assert rows_of(read(tmp_path, 'a,b\r\n1,"x\ny"\n2,z\r\n')) == [(1, "x\ny"), (2, "z")]


@pytest.mark.parametrize("quoted", ['"say ""hi"""', '"say \\"hi\\""'])
def test_quotes_in_quotes(quoted: str, tmp_path: Path) -> None:
    assert rows_of(read(tmp_path, f"a,b\n{quoted},1\n"))[0] == ('say "hi"', 1)


def test_single_quotes(tmp_path: Path) -> None:
    assert rows_of(read(tmp_path, "a,b\n'1,5','x'\n")) == [("1,5", "x")]


def test_a_first_line_of_data_is_no_header(tmp_path: Path) -> None:
    done = read(tmp_path, "1,x\n2,y\n")
    assert list(types_of(done)) == ["column_1", "column_2"] and done.rows == 2 and len(done.notes) == 1
    assert list(types_of(read(tmp_path, "1,x\n2,y\n", header=True))) == ["1", "x"]
    assert read(tmp_path, "a,x\nb,y\n", header=False).rows == 2


def test_blank_lines_in_front_and_in_between(tmp_path: Path) -> None:
    assert rows_of(read(tmp_path, "\n\na,b\n1,2\n\n3,4\n\n")) == [(1, 2), (3, 4)]


def test_names_are_mended_and_it_is_said(tmp_path: Path) -> None:
    done = read(tmp_path, "a,A,,a,column_3\n1,2,3,4,5\n")
    assert list(types_of(done)) == ["a", "A_2", "column_3_2", "a_3", "column_3"] and len(done.notes) == 3


def test_names_stay_out_of_sql(tmp_path: Path) -> None:
    names = ['a"; DROP TABLE x; --', "b' OR 1", "c{}", "select"]
    line = ",".join('"' + name.replace('"', '""') + '"' for name in names)
    assert list(types_of(read(tmp_path, f"{line}\n1,2,3,4\n"))) == names


# --- encodings -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_encodings_that_say_what_they_are(encoding: str, tmp_path: Path) -> None:
    done = read(tmp_path, "größe,x\n1,ß€😀\n".encode(encoding))
    assert rows_of(done) == [(1, "ß€😀")] and list(types_of(done)) == ["größe", "x"] and not done.notes


def test_what_is_not_utf_8_is_western_and_it_is_said(tmp_path: Path) -> None:
    done = read(tmp_path, "a,b\nx,5 €\n".encode("cp1252"))
    assert rows_of(done) == [("x", "5 €")]
    assert done.notes == [
        "The text is not UTF-8 (byte 5 of line 2); it was read as Windows-1252",
        "Column 'b' is text: its numbers have a currency beside them; write them without",
    ]


def test_a_letter_across_two_pieces_is_whole(tmp_path: Path) -> None:
    padding = "x" * (1024 * 1024 - len("a,b\n") - 1)
    assert not read(tmp_path, f"a,b\n{padding}ü,1\n").notes


# --- defects ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "The file is empty"),
        (b"\n \n,,\n", "The file is empty"),
        (b"a,b\n", "The file has a header and no rows"),
        (b"a,b,c,d\n" + b"1,2,3,4\n" * 15 + b"1,2,3,4,5\n", "line 17 has 5 fields, the header has 4"),
        (b"a,b\n1,2\n3\n", "line 3 has 1 field, the header has 2"),
        (b'a,b\n1,"x\ny"\n3\n', "line 4 has 1 field, the header has 2"),
        (b'a,b\n1,2\n3,"x\n4,5\n', "line 3, column 2: a quote is opened and never closed"),
        (b'a,b\n1,"x"y\n', "line 2: there is text after a closing quote; a quote inside a value must be doubled"),
        (b"a,b\n1,x\x00y\n", "line 2: there is a NUL byte; this is no text (UTF-16 needs a byte order mark)"),
        ("a,b\n1,ä\n".encode() + b"2,\xe4\n", "The text is not UTF-8 at byte 3 of line 3"),
        (b"\xef\xbb\xbfa,b\n1,\xe4\n", "The text is not UTF-8 at byte 3 of line 2"),
        ("a,b\n1,2\n".encode("utf-16")[:-1], "The text says it is UTF-16, and is not: truncated data"),
        (gzip.compress(b"a,b\n1,2\n", mtime=0)[:-6], "The gzip file is cut short: its end is missing"),
        (gzip.compress(b"a,b\n1,2\n", mtime=0)[:-8] + b"12345678", "The gzip file is damaged"),
        (gzip.compress(gzip.compress(b"a,b\n1,2\n", mtime=0), mtime=0), "The file is packed twice with gzip"),
        (b"%PDF-1.7", "The file is a PDF"),
    ],
)
def test_a_defect_is_named_with_its_place(content: bytes, text: str, tmp_path: Path) -> None:
    with pytest.raises(Unreadable) as caught:
        read(tmp_path, content)
    assert caught.value.message.startswith(text)


def test_a_value_without_an_end_is_not_taken_into_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "MAX_VALUE_BYTES", 100_000)
    with pytest.raises(Unreadable, match=r"^line 2, column 2: a value is longer than 100 kB"):
        read(tmp_path, 'a,b\n1,"' + "x\n" * 300_000)


@pytest.mark.parametrize(
    ("values", "note"),
    [
        (["5"] * 99 + ["five"], "nearly all of its values are numbers, 1 is not, first 'five' in row 100"),
        (["1.5"] * 25_000 + ["?", "!"], "nearly all of its values are numbers, 2 are not, first '?' in row 25,001"),
        (["2024-01-31"] * 20 + ["", "2024-02-30"], "are dates, 1 is not, first '2024-02-30' in row 22"),
        (["true"] * 20 + ["x" * 99], f"are true or false, 1 is not, first '{'x' * 40}…' in row 21"),
        (['"1,5"', '"-2,75"'], "its numbers have commas in them"),
        (['"1,234,567.5"'], "its numbers have commas in them"),
        (["3", '"-2,75"', "1.234,5"], "its numbers have commas in them"),
        (["1'234.50", "12.5", "-7"], "its numbers have marks between the thousands"),
        (["1\u202f234\xa0567", "9"], "its numbers have marks between the thousands"),
        (["12 %", "3,5%", "1"], "its numbers have a percent sign"),
        (["$1,234.50", "-€5", "7 CHF", "NZD\xa01.50"], "its numbers have a currency beside them"),
        (["31.01.2024", "1.2.2024 9:30"], "its dates are not in ISO 8601"),
        (["01/31/24", "2024-02-01", "Feb 3, 2024", "4. März 2024"], "its dates are not in ISO 8601"),
        (["10.0.0.1", "1.2.3"], None),
        (["ABC 123", "12 kg"], None),
        (["Tea", "5"] * 20, None),
        (["007"] * 20, None),
    ],
)
def test_an_odd_value_among_others_is_told_with_its_row(values: list[str], note: str | None, tmp_path: Path) -> None:
    done = read(tmp_path, "a;b\n" + "".join(f"{value};1\n" for value in values))
    assert types_of(done)["a"] == "VARCHAR"
    assert len(done.notes) == (note is not None) and all("Column 'a' is text: " in told for told in done.notes)
    assert note is None or done.notes[0].endswith(note) or note in done.notes[0]


def test_lines_above_the_header_are_told(tmp_path: Path) -> None:
    done = read(tmp_path, "Sales of May\n\nregion,amount\nnorth,1\nsouth,2\n")
    assert "from line 3 on most lines have 2 fields with ',' between them" in done.notes[0]
    assert read(tmp_path, "name\nTea, hot\nCoffee\nMilk\nCocoa, cold and sweet, for two\n").notes == []


@pytest.mark.parametrize("content", ["<!DOCTYPE html>\n<html>", "  <html><body>", "<?xml version='1.0'?>\n<a/>"])
def test_a_page_is_no_table(content: str, tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="and no table"):
        read(tmp_path, content)


def test_too_many_columns(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"2,001 columns; 2,000 is the most"):
        read(tmp_path, ",".join(f"c{n}" for n in range(naming.MAX_COLUMNS + 1)) + "\n")


def test_gzip_of_a_text(tmp_path: Path) -> None:
    assert rows_of(read(tmp_path, gzip.compress(b"a,b\n1,2\n", mtime=0) + gzip.compress(b"3,4\n", mtime=0))) == [
        (1, 2),
        (3, 4),
    ]


def test_a_bomb_is_stopped(tmp_path: Path) -> None:
    with pytest.raises(TooLarge):
        read(tmp_path, gzip.compress(b"a,b\n" * 1_000_000, mtime=0), most_unpacked_bytes=1_000_000)
    assert (tmp_path / "unpacked").stat().st_size <= 1_000_000


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_a_page_in_any_encoding_is_no_table(encoding: str, tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="a web page"):
        read(tmp_path, "<!DOCTYPE html><p>a,b".encode(encoding))


@pytest.mark.parametrize("content", ["ROWID,n\n7,1\n", '{"ROWID": 7, "n": 1}\n'])
def test_a_name_that_the_database_keeps_is_mended(content: str, tmp_path: Path) -> None:
    done = read(tmp_path, content)
    assert list(types_of(done)) == ["ROWID_2", "n"] and rows_of(done) == [(7, 1)]
    assert done.notes == ["Column 1 has a name that DuckDB keeps, 'ROWID'; it is called 'ROWID_2'"]
