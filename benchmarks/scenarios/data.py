"""Data work beside the same by hand: with DuckDB, pandas and scikit-learn, each in a process of its own."""

import math
import tempfile
from pathlib import Path

from benchmarks.data_tasks import TASKS
from benchmarks.data_work import in_child, write_tables
from benchmarks.frame.bars import Bar, judge
from benchmarks.frame.bench import Bench
from benchmarks.results import Row

_BARS = (Bar("seconds", "<=", 1.4, "DuckDB"), Bar("seconds", "<=", 1, "pandas"))
_SHORT_ROWS, _FULL_ROWS = 1_000_000, 5_000_000
# It takes as long as all others together, and no bar is about it.
_FULL_ONLY = "learn"


def measure(bench: Bench) -> list[Row]:
    """Measure every task of the set by everyone who does it."""
    count = _FULL_ROWS if bench.is_full else _SHORT_ROWS
    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        tables = write_tables(Path(temporary), count)
        for task, done_by in TASKS.items():
            if task == _FULL_ONLY and not bench.is_full:
                continue
            for system in done_by:
                with tempfile.TemporaryDirectory(dir=temporary) as folder:
                    measured = in_child(task, system, tables[task], Path(folder))
                figures = {
                    "seconds": measured["seconds"],
                    "CPU s": measured["cpu_seconds"],
                    "peak MB": measured["peak_mb"],
                    "reports": measured.get("reports", math.nan),
                }
                rows.append(Row(f"data: {task}, {count:,} orders", system, figures))
    return [judge(row, _BARS, rows) if row.system == "Streamer" else row for row in rows]
