"""Whatever typed table goes in as Parquet or as a workbook comes out equal."""

import io
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.data.tables.files.reading import open_files
from tests.jobs.data.datasets.reading import read
from tests.jobs.data.datasets.workbooks import typed_ods, xls, xlsb, xlsx
from tests.jobs.data.tables.conftest import no_check

MANY = settings(deadline=None, max_examples=100)
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\x00"), max_size=20)
DAYS = st.dates(date(1900, 3, 1), date(9999, 12, 31))
PARQUET: dict[pa.DataType, st.SearchStrategy[Any]] = {
    pa.bool_(): st.booleans(),
    pa.int8(): st.integers(-128, 127),
    pa.int64(): st.integers(-(2**63), 2**63 - 1),
    pa.uint64(): st.integers(0, 2**64 - 1),
    pa.float64(): st.floats(allow_nan=False),
    pa.string(): TEXTS,
    pa.date32(): st.dates(),
    pa.time64("us"): st.times(),
    pa.timestamp("us"): st.datetimes(),
    pa.timestamp("ms"): st.datetimes().map(lambda moment: moment.replace(microsecond=0)),
    pa.decimal128(38, 4): st.decimals(-(10**30), 10**30, places=4),
    pa.decimal256(50, 4): st.decimals(-(10**30), 10**30, places=4),
}
# What a cell can hold: floats of 15 digits at least, moments to the second, no text of blanks or controls.
CELLS: list[st.SearchStrategy[Any]] = [
    st.booleans(),
    st.integers(-(2**50), 2**50),
    st.integers(-(10**6), 10**6).map(lambda number: number + 0.5),
    st.text(st.characters(categories=("L", "Nd"), max_codepoint=0xFFFF), min_size=1, max_size=20).map("x{}".format),
    DAYS,
    st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1)).map(
        lambda moment: moment.replace(microsecond=0, second=30)
    ),
]


def columns_of(kind: Any, values: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, list[Any]]]:
    return st.lists(values | st.none(), min_size=4, max_size=4).map(lambda column: (kind, column))


@MANY
@given(st.lists(st.one_of([columns_of(*item) for item in PARQUET.items()]), min_size=1, max_size=5))
def test_parquet(columns: list[tuple[pa.DataType, list[Any]]]) -> None:
    names = [f"c{at}" for at in range(len(columns))]
    arrays = [pa.array(values, kind) for kind, values in columns]
    content = io.BytesIO()
    pq.write_table(pa.Table.from_arrays(arrays, names), content)
    with TemporaryDirectory() as folder:
        found = pq.read_table(read(Path(folder), content.getvalue()).path)
    for (kind, _), array, column in zip(columns, arrays, found.columns, strict=True):
        wanted = {pa.timestamp("ms"): pa.timestamp("us"), pa.decimal256(50, 4): pa.decimal128(38, 4)}.get(kind, kind)
        assert column.type == wanted and column.to_pylist() == array.to_pylist()


@pytest.mark.parametrize("write", [xlsx, xls, xlsb, typed_ods])
@MANY
@given(columns=st.lists(st.one_of([columns_of(at, cells) for at, cells in enumerate(CELLS)]), min_size=1, max_size=5))
def test_workbooks(write: Callable[..., bytes], columns: list[tuple[int, list[Any]]]) -> None:
    names = ["key", *(f"c{at}" for at in range(len(columns)))]
    content = write(names, *zip(range(4), *(values for _, values in columns), strict=True))
    with TemporaryDirectory() as folder:
        found = pq.read_table(read(Path(folder), content).path).to_pydict()
    assert found["key"] == [0, 1, 2, 3]
    for at, (_, values) in enumerate(columns):
        assert found.get(f"c{at}") == values


@MANY
@given(st.lists(st.one_of([columns_of(*item) for item in PARQUET.items()]), min_size=1, max_size=5))
def test_parquet_read_as_a_file(columns: list[tuple[pa.DataType, list[Any]]]) -> None:
    arrays = {f"c{at}": pa.array(values, kind) for at, (kind, values) in enumerate(columns)}
    with TemporaryDirectory() as name:
        folder = Path(name).resolve()
        path = folder / "table.parquet"
        pq.write_table(pa.table(arrays), path)
        with open_files({str(path): path.name}, path.name, folder, no_check, None) as table:
            found = table.fetch("FROM data")
    assert found == list(zip(*(array.to_pylist() for array in arrays.values()), strict=True))
