"""Files made to take memory and time: each is read or refused with a reason, in little of both."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.data.datasets.failures import DatasetError, TooLarge, Unreadable
from jobs.data.datasets.formats import parquet
from jobs.data.datasets.ingest.ingest_process import ingest_in_process
from jobs.data.datasets.outcome import Options
from tests.jobs.data.datasets.bombs import BOMBS
from tests.jobs.data.datasets.reading import read
from tests.jobs.data.datasets.test_workbooks import xlsx

pytestmark = pytest.mark.timeout(300)
_READ = {
    "a merged range over the whole sheet",
    "a merged range that just misses the end",
    "a formula of a megabyte",
    "repeated rows, more than a machine counts",
    "a million commas under a header",
    "a header of a million commas",
    "a long number",
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_read_or_refused(name: str, tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_bytes(BOMBS[name]())
    options = Options()
    if name in _READ:
        assert ingest_in_process(path, tmp_path, options).rows >= 1
        return
    with pytest.raises(DatasetError) as caught:
        ingest_in_process(path, tmp_path, options)
    assert len(caught.value.message) < 300


def test_the_last_cell_of_a_sheet_is_told_as_a_fault_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_bytes(BOMBS["the last cell of a sheet"]())
    with pytest.raises(Unreadable, match="delete what stands far away from the table"):
        ingest_in_process(path, tmp_path, Options())


def test_rows_that_take_no_room_in_a_parquet_file_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "MAX_ROWS", 999)
    path = tmp_path / "upload"
    pq.write_table(pa.table({"a": [1] * 1000}), path)
    with pytest.raises(Unreadable, match="1,000 rows; 999 is the most"):
        read(tmp_path, path.read_bytes())


def test_what_unpacks_to_too_much_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_bytes(BOMBS["an endless JSON line"]())
    with pytest.raises(TooLarge):
        ingest_in_process(path, tmp_path, Options(most_unpacked_bytes=1024 * 1024))


def test_a_merged_cell_far_beyond_all_values_is_formatting(tmp_path: Path) -> None:
    done = read(tmp_path, xlsx(["kind", "n"], ["A", 1], merged="A2:A5000"))
    assert done.rows == 1
    done = read(tmp_path, xlsx(["kind", "n"], ["A", 1], merged="A2:A900"))
    assert done.rows == 899
