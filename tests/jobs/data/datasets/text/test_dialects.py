"""The dialect of a text: each guess is tried against the others."""

import csv
from pathlib import Path

import pyarrow.parquet as pq
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
        ("n,word,more\n1,'tis,dogs'\n2,\"'tis\",\"dogs'\"\n", ["'tis", "'tis"]),
    ],
)
def test_apostrophes_are_quotes_where_all_can_be_read_so(content: str, expected: list[str], tmp_path: Path) -> None:
    assert [row[1] for row in rows_of(read(tmp_path, content))] == expected


@pytest.mark.parametrize("row", ["0\ttrue\t'x\t'\tx", "1;'a;b';2", "1,'it''s, so',2"])
def test_apostrophes_around_a_delimiter_are_quotes_in_a_single_row(row: str, tmp_path: Path) -> None:
    done = read(tmp_path, row + "\r\n", header=False)
    assert len(rows_of(done)[0]) == len(row.split(row[1])) - 1


def test_an_escape_that_leaves_no_quote_alone_wins(tmp_path: Path) -> None:
    # With doubled quotes the line would have three fields too: \\", and y" and 7.
    content = 'text,more,n\n"\\"",",y",7\nu,v,8\n'
    assert rows_of(read(tmp_path, content)) == [('"', ",y", 7), ("u", "v", 8)]


def test_a_late_apostrophe_undoes_the_guess(tmp_path: Path) -> None:
    early = "".join(f"{number},'x'\n" for number in range(200_000))
    done = read(tmp_path, f"n,word\n{early}7,'90s\n")
    assert done.rows == 200_001 and rows_of(done)[0] == (0, "'x'")


@pytest.mark.parametrize("within", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("between", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("quoted", ['say ""hi""', r"say \"hi\""])
def test_line_breaks_in_values_are_not_those_of_the_file(
    within: str, between: str, quoted: str, tmp_path: Path
) -> None:
    lines = ["n,a,b", f'1,"x{within}y",c', f'2,"{quoted}","{within}"', '3,"u\nv\rw",']
    done = read(tmp_path, between.join(lines) + between)
    wanted = [(1, f"x{within}y", "c"), (2, 'say "hi"', within), (3, "u\nv\rw", None)]
    assert [tuple(row.values()) for row in pq.read_table(done.path).to_pylist()] == wanted


@pytest.mark.parametrize("quote", ['"', "'"])
def test_a_backslash_before_a_closing_quote_is_no_escape(quote: str, tmp_path: Path) -> None:
    inside = quote * 2
    row = f"1,{quote}a{inside}b{quote},{quote}c{inside}d\\{quote}"
    done = read(tmp_path, f"n,text,more\n{row}\n2,{quote}x{quote},{quote}y{quote}\n")
    assert rows_of(done) == [(1, f"a{quote}b", f"c{quote}d\\"), (2, "x", "y")]


def test_quotes_count_beside_delimiters_within_them(tmp_path: Path) -> None:
    done = read(tmp_path, "'it\\'s;so',n\n1,2\n3,4\n", header=True)
    assert types_of(done) == {"it's;so": "BIGINT", "n": "BIGINT"}


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


def test_apostrophes_that_only_names_need_are_quotes_too(tmp_path: Path) -> None:
    done = read(tmp_path, "a\t'c3;=''e'\t'c5,''#e'\n" + "1\t2\t3\n" * 8)
    assert list(types_of(done)) == ["a", "c3;='e", "c5,'#e"] and done.rows == 8


@pytest.mark.parametrize("name", ["２０２４", "٢٠٢٤", "२०२४", "１.５"])
def test_digits_of_other_scripts_are_a_name(name: str, tmp_path: Path) -> None:
    assert rows_of(read(tmp_path, f"town,{name}\nBern,1\n")) == [("Bern", 1)]
    assert rows_of(read(tmp_path, f"town,x\nBern,{name}\n")) == [("Bern", name)]
