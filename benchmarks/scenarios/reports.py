"""Reports: the memory and the time of a report over ten million records."""

import tempfile
from pathlib import Path

from benchmarks.frame.bench import Bench
from benchmarks.report_memory import run_in_child, write_table
from benchmarks.results import Row

_ROWS = 10_000_000
_FORMATS = ("csv", "pdf")


def measure(bench: Bench) -> list[Row]:
    """Measure each format in a process of its own."""
    rows = []
    with tempfile.TemporaryDirectory() as temporary:
        table = Path(temporary) / "orders.parquet"
        write_table(table, _ROWS)
        for report_format in _FORMATS:
            with tempfile.TemporaryDirectory(dir=temporary) as folder:
                measured = run_in_child(report_format, table, Path(folder))
            figures = {
                "seconds": measured["seconds"],
                "peak MB": measured["peak_mb"],
                "file MB": measured["file_mb"],
                "reports": measured["reports"],
                "longest silence s": measured["longest_silence"],
            }
            rows.append(Row(f"reports: {_ROWS:,} records", report_format, figures))
    return rows
