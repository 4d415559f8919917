"""A text file of a known table gives that table, uploaded or read as a file, however it is written."""

from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow.parquet as pq
import pytest
from hypothesis import Phase, given, note, settings

from jobs.data.tables.files.reading import open_files
from tests.jobs.data.datasets.reading import read, types_of
from tests.jobs.data.datasets.text.right_tables import Written, csv_files, json_files
from tests.jobs.data.tables.conftest import no_check

# Without shrinking, which would take minutes: the note shows the file.
MANY = settings(deadline=None, max_examples=100, phases=[Phase.explicit, Phase.reuse, Phase.generate])


def assert_uploaded(file: Written) -> None:
    note(f"{file.about} {file.content!r}")
    with TemporaryDirectory() as folder:
        header = None if file.has_header else False
        ingested = read(Path(folder), file.content, header=header)
        rows = pq.read_table(ingested.path).to_pylist()
    assert types_of(ingested) == file.types
    assert [tuple(row.values()) for row in rows] == file.rows


def assert_read(file: Written, ending: str) -> None:
    note(f"{file.about} {file.content!r}")
    with TemporaryDirectory() as name:
        folder = Path(name).resolve()
        path = folder / f"table{ending}"
        path.write_bytes(file.content)
        with open_files({str(path): path.name}, path.name, folder, no_check, None) as table:
            assert dict(table.columns) == file.types
            assert table.fetch("FROM data") == file.rows


@MANY
@given(csv_files())
def test_csv_uploaded(file: Written) -> None:
    assert_uploaded(file)


@MANY
@given(csv_files())
def test_csv_read_as_a_file(file: Written) -> None:
    assert_read(file, ".csv")


@MANY
@given(json_files())
def test_json_lines_uploaded(file: Written) -> None:
    assert_uploaded(file)


@MANY
@given(json_files())
def test_json_lines_read_as_a_file(file: Written) -> None:
    assert_read(file, ".jsonl")


@pytest.mark.parametrize(
    ("late", "kind", "first", "last"),
    [
        ("0.5", "DOUBLE", 0.0, 0.5),
        ("1e3", "DOUBLE", 0.0, 1000.0),
        ("007", "VARCHAR", "0", "007"),
        ("tea", "VARCHAR", "0", "tea"),
        (" 7 ", "BIGINT", 0, 7),
        ("n/a", "BIGINT", 0, None),
        ("", "BIGINT", 0, None),
    ],
)
@pytest.mark.parametrize("rows", [3, 6_000])
def test_the_last_value_of_a_column_decides_too(
    tmp_path: Path, late: str, kind: str, first: object, last: object, rows: int
) -> None:
    lines = [f"{number},,2024-05-06" for number in range(rows)]
    ingested = read(tmp_path, "\n".join(["n,late,day", *lines, f"{late},5,2024-05-07T08:09", ""]))
    assert types_of(ingested) == {"n": kind, "late": "BIGINT", "day": "TIMESTAMP"}
    table = pq.read_table(ingested.path)
    assert (table["n"][0].as_py(), table["n"][-1].as_py(), table.num_rows) == (first, last, rows + 1)
    assert (table["late"].null_count, table["late"][-1].as_py()) == (rows, 5)
