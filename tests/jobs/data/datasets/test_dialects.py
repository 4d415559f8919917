"""The dialect of a text: each guess is tried against the others."""

import csv
from pathlib import Path

import pytest

from tests.jobs.data.datasets.reading import read, rows_of, types_of


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("before", ["", "\n\n", "sep=,\n"])
def test_line_breaks_in_names_lose_no_row(ending: str, before: str, tmp_path: Path) -> None:
    text = f'{before}"weight{ending}in{ending}kg",town\n1,Bern\n2,Basel\n3,Chur\n'.replace("\n", ending)
    done = read(tmp_path, text)
    assert rows_of(done) == [(1, "Bern"), (2, "Basel"), (3, "Chur")]
    assert [name.split() for name in types_of(done)] == [["weight", "in", "kg"], ["town"]]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("7,25;8,5\n9,75;1,0\n", ("7,25", "8,5")),
        ("7,25;8,5;2\n9,75;1,0;3\n", ("7,25", "8,5", 2)),
        ("7,25\t8,5\n9,75\t1,0\n", ("7,25", "8,5")),
        ("Town, country;Price\nBern, CH;1,50\nLyon, FR;2,50\n", ("Bern, CH", "1,50")),
        ("1,a;b;c\n2,d;e;f\n3,g;h\n", (1, "a;b;c")),
        ('x;"Bern,Chur"\ny;"Lyon,Nice"\n', ("x", "Bern,Chur")),
        ('x,"Bern;Chur"\ny,"Lyon;Nice"\n', ("x", "Bern;Chur")),
        ("a|b\n1,5;3|2\n2,5;3|3\n", ("1,5;3", 2)),
        ("1,2\n3,4\n", (1, 2)),
    ],
)
def test_the_most_plausible_delimiter_wins(content: str, expected: tuple[object, ...], tmp_path: Path) -> None:
    first = rows_of(read(tmp_path, content, header=content[0] in "Ta"))[0]
    assert first == expected


@pytest.mark.parametrize(
    ("line", "delimiter"), [("sep=;", ";"), ("SEP=,", ","), ("sep=\t", "\t"), ('"sep=|"', "|"), ("sep=^", "^")]
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_excels_first_line_names_the_delimiter(line: str, delimiter: str, encoding: str, tmp_path: Path) -> None:
    rows = ("name,full", "amount"), ("A", "1"), ("B", "2")
    text = "\r\n".join([line, *(delimiter.join(f'"{cell}"' for cell in row) for row in rows)])
    done = read(tmp_path, text.encode(encoding))
    assert list(types_of(done)) == ["name,full", "amount"] and rows_of(done) == [("A", 1), ("B", 2)]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("n,word\n1,'n\n2,rock 'n' roll\n3,'90s\n", ["'n", "rock 'n' roll", "'90s"]),
        ("n,word\n1,'quoted'\n2,'90s\n", ["'quoted'", "'90s"]),
        ("n,word\n1,'a,b'\n2,'it''s'\n", ["a,b", "it's"]),
        ("n,word\n1,'say \"hi\"'\n2,'\"x\"'\n", ['say "hi"', '"x"']),
        ("n,word\n1,it's\n2,\"it's, so\"\n", ["it's", "it's, so"]),
        ("n,word\n1,'a\\'b, c'\n2,'d'\n", ["a'b, c", "d"]),
        ('n,word\n1,5" pipe\n2,6"\n', ['5" pipe', '6"']),
    ],
)
def test_apostrophes_are_quotes_where_all_can_be_read_so(content: str, expected: list[str], tmp_path: Path) -> None:
    assert [row[1] for row in rows_of(read(tmp_path, content))] == expected


def test_a_late_apostrophe_undoes_the_guess(tmp_path: Path) -> None:
    early = "".join(f"{number},'x'\n" for number in range(200_000))
    done = read(tmp_path, f"n,word\n{early}7,'90s\n")
    assert done.rows == 200_001 and rows_of(done)[0] == (0, "'x'")


@pytest.mark.parametrize("delimiter", [",", "\t", ";", "|"])
@pytest.mark.parametrize("length", [140_000, 2_000_000])
def test_a_long_value_near_the_beginning_hides_no_column(delimiter: str, length: int, tmp_path: Path) -> None:
    text = "x" * length
    done = read(tmp_path, f'a{delimiter}b\n"{text}"{delimiter}"say \\"hi\\""\n2{delimiter}3\n')
    assert list(types_of(done)) == ["a", "b"] and done.notes == [] and done.rows == 2


def test_a_short_file_leaves_the_process_able_to_read_long_cells(tmp_path: Path) -> None:
    before = csv.field_size_limit()
    read(tmp_path, "a\n1\n")
    assert csv.field_size_limit() >= before
