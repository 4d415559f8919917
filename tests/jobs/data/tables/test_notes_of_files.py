"""Notes about what is mended, cut or assumed: those of a tenant's file are those of an upload."""

import io
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.data.tables.files.reading import open_files
from tests.jobs.data.datasets.reading import read
from tests.jobs.data.tables.conftest import no_check

WIDE = Decimal("1234567890123456789012345678901234567890.25")


def notes_of(folder: Path, **contents: bytes) -> list[str]:
    """The notes about files of these contents, read as one table."""
    names = {}
    for stem, content in contents.items():
        path = folder / f"{stem}.{'parquet' if content.startswith(b'PAR1') else 'csv'}"
        path.write_bytes(content)
        names[str(path)] = path.name
    with open_files(names, "the files", folder, no_check, None) as table:
        return list(table.notes)


def parquet(columns: list[pa.Array], names: list[str]) -> bytes:
    content = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(columns, names), content)
    return content.getvalue()


def moments(*nanoseconds: int) -> bytes:
    return parquet([pa.array(nanoseconds, pa.timestamp("ns"))], ["at"])


@pytest.mark.parametrize(
    ("content", "note"),
    [
        (moments(1, 2, 1_000), "Column 'at' has nanoseconds in 2 values; they are cut to microseconds"),
        (
            parquet([pa.array([1, 60_000], pa.time64("ns"))], ["a 'b' \"c\""]),
            "Column 'a 'b' \"c\"' has nanoseconds in 1 value; they are cut to microseconds",
        ),
        (
            parquet([pa.array([90], pa.duration("ms"))], ["wait"]),
            "Column 'wait' holds durations; they are kept as whole numbers of milliseconds",
        ),
        (
            parquet([pa.array([1]), pa.array([WIDE], pa.decimal256(60, 2))], ["n", "wide"]),
            "Column 'wide' is text: it has numbers of more than 38 digits",
        ),
        (parquet([pa.array([1]), pa.array([2])], ["a", "A"]), "Column 2 is a second 'A'; it is called 'A_2'"),
        (
            b"id,n\n9007199254740993,1\n0.5,2\n",
            "Column 'id' is text: as numbers, some of its values would lose digits, first '9007199254740993' in row 1",
        ),
        (b"a,a\nx,1\n", "Column 2 is a second 'a'; it is called 'a_2'"),
        (b'{"a":[1],"b":2}\n', "The values of 'a' are nested; they are kept as JSON text"),
    ],
    ids=["nanoseconds", "a time", "durations", "digits", "names", "a text's digits", "a text's names", "nested"],
)
def test_it_works(content: bytes, note: str, tmp_path: Path) -> None:
    (tmp_path / "uploaded").mkdir()
    assert notes_of(tmp_path, file=content) == read(tmp_path / "uploaded", content).notes == [note]


def test_what_loses_nothing_has_no_notes(tmp_path: Path) -> None:
    even = parquet([pa.array([1_000], pa.timestamp("ns")), pa.array([Decimal(1)], pa.decimal256(60, 2))], ["at", "n"])
    assert notes_of(tmp_path, even=even) == notes_of(tmp_path, text=b"day,n\n2024-01-31,0.5\n") == []


def test_cut_values_are_counted_in_all_files(tmp_path: Path) -> None:
    assert notes_of(tmp_path, a=moments(1), b=moments(2, 3), c=moments(1_000)) == [
        "Column 'at' has nanoseconds in 3 values; they are cut to microseconds"
    ]


def test_a_note_about_some_files_names_the_first_of_them(tmp_path: Path) -> None:
    plain, twice, latin = b"a,b\nx,1\n", b"a,a\nx,1\n", "a,b\nZürich,1\n".encode("latin-1")
    second = "Column 2 is a second 'a'; it is called 'a_2'"
    assert notes_of(tmp_path, a=plain, b=twice) == [f"{second} (in 'b.csv')"]
    assert notes_of(tmp_path, a=twice, b=plain, c=twice, d=twice) == [f"{second} (in 'a.csv' and 2 other files)"]
    assert notes_of(tmp_path, a=twice, b=twice) == [second]
    notes: list[Any] = notes_of(tmp_path, a=plain, b=latin, c=twice)
    assert len(notes) == 2 and notes[0].endswith("(in 'b.csv')") and notes[1] == f"{second} (in 'c.csv')"
    wide = parquet([pa.array([WIDE], pa.decimal256(60, 2))], ["n"])
    assert notes_of(tmp_path, a=wide, b=parquet([pa.array([1])], ["m"])) == [
        "Column 'n' is text: it has numbers of more than 38 digits (in 'a.parquet')"
    ]
