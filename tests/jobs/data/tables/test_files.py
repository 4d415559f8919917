"""Files of a tenant: the formats, the defects, and all the ways out of the folder that must be closed."""

import gzip
import os
import threading
from concurrent.futures import wait
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pytest_django import Settings

from jobs.data import statements
from jobs.data.statements import Parameters, fetch
from jobs.handler import InvalidPayload, Permanent
from tests.jobs.data.tables.conftest import Opened, all_rows


@pytest.fixture
def folder(tmp_path: Path, settings: Settings) -> Path:
    """The files of the tenant acme."""
    root = tmp_path / "opened"
    settings.STREAMER_FILES_DIR = str(root)
    for name in ("acme", "other"):
        (root / name).mkdir(parents=True)
    (root / "other/secret.csv").write_text("x\n1\n")
    (root / "loose.csv").write_text("x\n1\n")
    return root / "acme"


def file(path: str) -> dict[str, Any]:
    return {"type": "file", "path": path}


def test_it_works(folder: Path, opened: Opened) -> None:
    (folder / "2024").mkdir()
    (folder / "2024/sales.csv").write_text("day,amount\n2024-01-01,1\n2024-01-02,2.5\n")
    with opened(file("2024/sales.csv")) as table:
        assert dict(table.columns) == {"day": "DATE", "amount": "DOUBLE"}
        assert (table.rows, table.label) == (2, "2024/sales.csv")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", b"x,y\n1,tea\n2,\n"),
        ("a.tsv", b"x\ty\n1\ttea\n2\t\n"),
        ("a.jsonl", b'{"x":1,"y":"tea"}\n{"x":2}\n'),
        ("a.csv.gz", gzip.compress(b"x,y\n1,tea\n2,\n", mtime=0)),
        ("a.tsv.gz", gzip.compress(b"x\ty\n1\ttea\n2\t\n", mtime=0)),
        ("A.JSONL.GZ", gzip.compress(b'{"x":1,"y":"tea"}\n{"x":2}\n', mtime=0)),
    ],
)
def test_every_format(folder: Path, opened: Opened, name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)
    with opened(file(name)) as table:
        assert (dict(table.columns), all_rows(table)) == (
            {"x": "BIGINT", "y": "VARCHAR"},
            [(1, "tea"), (2, None)],
        )


def test_many_files_are_one_table_by_the_names_of_columns(folder: Path, opened: Opened) -> None:
    (folder / "a1.csv").write_text("x,y\n1,2\n")
    (folder / "a2.csv").write_text("y,x,z\n20,10,30\n")
    (folder / ".a3.csv").write_text("x\n99\n")
    (folder / "a4.csv").symlink_to(folder.parent / "other/secret.csv")
    with opened(file("a*.csv")) as table:
        assert all_rows(table) == [(1, 2, None), (10, 20, 30)]


def test_nested_and_odd_types_become_plain_ones(folder: Path, opened: Opened) -> None:
    columns = {
        "l": [[1, 2]],
        "s": [{"a": 1}],
        "t": pa.array([0], pa.timestamp("ns", "UTC")),
        "d": pa.array(["x"]).dictionary_encode(),
    }
    pq.write_table(pa.table(columns), folder / "a.parquet")
    with opened(file("a.parquet")) as table:
        assert list(table.columns.values()) == ["VARCHAR", "VARCHAR", "TIMESTAMP", "VARCHAR"]
        assert all_rows(table)[0][:2] == ("[1,2]", '{"a":1}')


@pytest.mark.parametrize(
    "path",
    [
        "../other/secret.csv",
        "/etc/passwd.csv",
        "a/../../other/secret.csv",
        "../loose.csv",
        "..\\other\\secret.csv",
        ".hidden.csv",
        "link.csv",
        "linked/secret.csv",
        "*/secret.csv",
        "**/secret.csv",
        "[.][.]/other/secret.csv",
        "pipe.csv",
        "folder.csv",
        "none.csv",
        "a.csv\0.csv",
        "s3://bucket/a.csv",
        "https://example.org/a.csv",
        "a.xlsx",
        "x[1].csv",
    ],
)
def test_no_path_leads_out(folder: Path, opened: Opened, path: str) -> None:
    (folder / ".hidden.csv").write_text("x\n1\n")
    (folder / "link.csv").symlink_to(folder.parent / "other/secret.csv")
    (folder / "linked").symlink_to(folder.parent / "other")
    (folder / "folder.csv").mkdir()
    os.mkfifo(folder / "pipe.csv")
    with pytest.raises(InvalidPayload) as raised, opened(file(path)):
        pass
    assert raised.value.faults[0]["path"] == "data_source.path"
    assert str(folder.parent) not in raised.value.message


@pytest.mark.parametrize("tenant", ["..", ".", "acme/..", "other/../acme", "nobody", "", "acme\0"])
def test_a_tenant_that_is_no_folder_has_no_files(folder: Path, opened: Opened, tenant: str) -> None:
    (folder / "a.csv").write_text("x\n1\n")
    with pytest.raises(InvalidPayload, match="there is no file"), opened(file("a.csv"), tenant=tenant):
        pass


def test_without_a_folder_of_files_there_are_none(opened: Opened, settings: Settings) -> None:
    settings.STREAMER_FILES_DIR = ""
    with pytest.raises(InvalidPayload, match="STREAMER_FILES_DIR"), opened(file("a.csv")):
        pass


def test_a_late_row_of_another_type_is_no_defect(folder: Path, opened: Opened) -> None:
    (folder / "a.csv").write_text("x\n" + "1\n" * 250_000 + "tea\n")
    with opened(file("a.csv")) as table:
        assert (dict(table.columns), table.rows) == ({"x": "VARCHAR"}, 250_001)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.parquet", b"this is no parquet"),
        ("a.jsonl", b'{"x":1}\n{"x":\n'),
        ("a.csv.gz", b"this is no gzip"),
        ("a.parquet", b""),
    ],
)
def test_a_broken_file_is_told_without_a_path_of_the_server(
    folder: Path, opened: Opened, name: str, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / name).write_bytes(content)
    with pytest.raises(Permanent, match="cannot be read") as raised, opened(file(name)):
        pass
    assert str(folder) not in raised.value.message and name in raised.value.message
    assert not any(record.exc_info for record in caplog.records)


def slow_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the statement that loads the column ``n`` wait, every 2,048 rows, until its progress was looked at."""
    changed, looks = threading.Condition(), [0]

    def looking(futures: Any, seconds: float) -> Any:
        with changed:
            looks[0] += 1
            changed.notify_all()
        return wait(futures, seconds)

    def held(numbers: Any) -> Any:
        with changed:
            # The look at hand may have begun before, the one after it has not.
            enough = looks[0] + 2
            assert changed.wait_for(lambda: looks[0] >= enough, 20)
        return numbers

    def holding(connection: Any, sql: str, parameters: Parameters = ()) -> list[Any]:
        if sql.startswith("INSERT"):
            connection.create_function("held", held, ["BIGINT"], "BIGINT", type="arrow")
            sql = sql.replace('SELECT "n"', 'SELECT held("n") AS "n"')
        return fetch(connection, sql, parameters)

    monkeypatch.setattr(statements, "_TELL_SECONDS", 0.0005)
    monkeypatch.setattr(statements, "wait", looking)
    monkeypatch.setattr(statements, "fetch", holding)


@pytest.mark.parametrize("group_rows", [2_048, 200_000])
def test_rows_come_in_order_and_are_counted_as_they_come(
    folder: Path, opened: Opened, group_rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, first in (("1.parquet", 0), ("2.parquet", 200_000)):
        numbers = pa.table({"n": pa.array(range(first, first + 200_000))})
        pq.write_table(numbers, folder / name, row_group_size=group_rows)
    counts: list[tuple[int, int | None]] = []
    slow_down(monkeypatch)
    with opened(file("*.parquet"), on_rows=lambda rows, total: counts.append((rows, total))) as table:
        assert table.fetch("SELECT count(*), bool_and(n = rowid) FROM data") == [(400_000, True)]
    assert counts == sorted(counts) and counts[-1] == (400_000, 400_000) and len(counts) > 1
    assert {total for _, total in counts} == {400_000}


def test_too_much_for_the_disk_is_refused(folder: Path, opened: Opened, settings: Settings) -> None:
    settings.STREAMER_DUCKDB_DISK_BYTES = 1_000_000
    (folder / "bomb.csv.gz").write_bytes(
        gzip.compress(b"x\n" + os.urandom(4_000_000).hex("\n", 32).encode(), 1, mtime=0)
    )
    with pytest.raises(Permanent, match="1,000,000 bytes"), opened(file("bomb.csv.gz")):
        pass


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"at\n12:00\n2024-01-01T12:00:00+02:00\n", [("12:00",), ("2024-01-01T12:00:00+02:00",)]),
        (b"day,n\n03/04/25,1\n01/02/2024,2\n", [("03/04/25", 1), ("01/02/2024", 2)]),
        (b'sep=;\n7,5;"a\nb"\n', [("7,5", "a\nb")]),
        ("town,n\nZürich,1\n".encode("latin-1"), [("Zürich", 1)]),
        ("town,n\nZürich,1\n".encode("utf-16"), [("Zürich", 1)]),
        (b"id,x\n9007199254740993,1\n0.5,2\n", [("9007199254740993", 1), ("0.5", 2)]),
    ],
)
def test_a_text_is_read_as_for_a_dataset(
    folder: Path, opened: Opened, content: bytes, expected: list[tuple[Any, ...]]
) -> None:
    (folder / "a.csv").write_bytes(content)
    with opened(file("a.csv")) as table:
        assert all_rows(table) == expected


def test_moments_with_an_offset_are_in_utc(folder: Path, opened: Opened) -> None:
    (folder / "a.csv").write_text("moment\n2024-01-01T12:00:00+02:00\n2024-01-01T12:00:00Z\n")
    with opened(file("a.csv")) as table:
        assert table.fetch("SELECT CAST(moment AS VARCHAR) FROM data") == [
            ("2024-01-01 10:00:00",),
            ("2024-01-01 12:00:00",),
        ]


@pytest.mark.parametrize(("row", "fields"), [("3", "1 field"), ("3,4,5", "3 fields")])
def test_a_row_of_another_length_is_named_with_its_line(folder: Path, opened: Opened, row: str, fields: str) -> None:
    (folder / "b.csv").write_text(f"a,b\n1,2\n{row}\n5,6\n")
    told = rf"'b.csv' cannot be read: line 3 has {fields}, the header has 2"
    with pytest.raises(Permanent, match=told), opened(file("b.csv")):
        pass


def test_types_fit_the_values_of_all_files(folder: Path, opened: Opened) -> None:
    (folder / "a1.csv").write_text("x\n1.50\n")
    (folder / "a2.csv").write_text("x\nn.n.\n")
    with opened(file("a*.csv")) as table:
        assert all_rows(table) == [("1.50",), ("n.n.",)]


WIDE = Decimal("1234567890123456789012345678901234567890.25")


def test_wide_decimals_keep_their_digits(folder: Path, opened: Opened) -> None:
    short, long = [Decimal("12345678901234567.25"), None], [WIDE, Decimal("0.50")]
    columns = {"short": pa.array(short, pa.decimal256(50, 2)), "long": pa.array(long, pa.decimal256(50, 2))}
    pq.write_table(pa.table(columns), folder / "a.parquet")
    with opened(file("a.parquet")) as table:
        assert dict(table.columns) == {"short": "DECIMAL(38,2)", "long": "VARCHAR"}
        assert all_rows(table) == [(short[0], str(WIDE)), (None, "0.50")]


def test_second_names_are_those_of_datasets(folder: Path, opened: Opened) -> None:
    for name, columns in (("1", ["a", "A", "", "rowid"]), ("2", ["a"])):
        rows = [pa.array([at]) for at in range(len(columns))]
        pq.write_table(pa.Table.from_arrays(rows, columns), folder / f"{name}.parquet")
    with opened(file("*.parquet")) as table:
        assert list(table.columns) == ["a", "A_2", "column_3", "rowid_2"]
        assert all_rows(table) == [(0, 1, 2, 3), (0, None, None, None)]


def test_rows_come_in_the_order_of_the_files(folder: Path, opened: Opened) -> None:
    first = 0
    for number in range(6):
        table = pa.table({"n": range(first, first + 60_000)})
        pq.write_table(table, folder / f"{number}.parquet", row_group_size=7_000)
        first += 60_000
    with opened(file("*.parquet")) as table:
        assert table.fetch("SELECT n FROM data") == [(n,) for n in range(first)]
