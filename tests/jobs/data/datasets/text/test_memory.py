"""The memory of an ingest does not grow with the rows of the file."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from jobs.data.process_limits import ENVIRONMENT

_DUCKDB_MEMORY, _DUCKDB_BYTES = "128MB", 128_000_000
_MOST_GROWTH_BYTES = 3 * _DUCKDB_BYTES // 2
"""DuckDB may fill its memory with the larger file. Held as objects, the rows would take twice as much, or more."""
_TIMES = 20
# The kernel's figure for a process alone: that of getrusage begins with the memory of the parent.
_CHILD = """
import os, sys
from pathlib import Path
from jobs.data.datasets.ingest.conversion import ingest
from jobs.data.datasets.outcome import Options
from tests.hostile.memory import peak_bytes

path = Path(sys.argv[1])
rows = ingest(path, path.parent, Options(memory=sys.argv[2])).rows
print(rows, peak_bytes(os.getpid()))
"""


def ingest_apart(folder: Path, header: str, block: str, *, times: int) -> tuple[int, int]:
    """Ingest a file with this block of rows so many times. Return its rows and the peak of the memory, in bytes."""
    folder.mkdir()
    path = folder / "upload"
    with path.open("w") as file:
        file.write(header)
        for _ in range(times):
            file.write(block)
    # A file, because DuckDB draws a bar of its progress where a program has none.
    (program := folder / "program.py").write_text(_CHILD)
    child = [sys.executable, str(program), str(path), _DUCKDB_MEMORY]
    done = subprocess.run(child, env=ENVIRONMENT, capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stderr
    rows, peak = map(int, done.stdout.split())
    return rows, peak


def csv_line(number: int) -> str:
    return ",".join(str(number + more) for more in range(8)) + "\n"


def json_line(number: int) -> str:
    return json.dumps({name: number + more for more, name in enumerate("abcdefgh")}) + "\n"


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(
    ("header", "line", "block_rows"), [("a,b,c,d,e,f,g,h\n", csv_line, 50_000), ("", json_line, 10_000)]
)
def test_it_works(header: str, line: Callable[[int], str], block_rows: int, tmp_path: Path) -> None:
    block = "".join(map(line, range(block_rows)))
    rows, few = ingest_apart(tmp_path / "few", header, block, times=1)
    more_rows, many = ingest_apart(tmp_path / "many", header, block, times=_TIMES)
    assert (rows, more_rows) == (block_rows, _TIMES * block_rows)
    assert many - few < _MOST_GROWTH_BYTES
