"""Measures the memory and the time of a report over many records.

    python benchmarks/report_memory.py [--rows 10000000] [--formats csv pdf]

Generates a Parquet file in a temporary folder, then runs the report of one year over it, each format in a process of
its own, and prints the peak of that process's resident memory, its duration and its file. Needs about 4 GB of
disk for ten million records.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO
from uuid import uuid4

import numpy as np
import pyarrow as pa
import pyarrow.parquet

ROOT = Path(__file__).resolve().parent.parent
_CHUNK = 500_000
_CATEGORIES = pa.array(["Electronics", "Clothing", "Books", "Home", "Sports"])
_REGIONS = pa.array(["North", "South", "East", "West"])


class MeasuredContext:
    """A context with what a report needs. It counts the report's updates and keeps the longest silence."""

    tenant_id, user_id, attempt = "benchmark", "benchmark", 1

    def __init__(self, folder: Path) -> None:
        self.request_id = uuid4()
        self.scratch_dir = folder
        self.reports = 0
        self.longest_silence = 0.0
        self._last = time.monotonic()

    def report(self, percentage: float, message: str = "", **metadata: Any) -> None:
        now = time.monotonic()
        self.reports += 1
        self.longest_silence = max(self.longest_silence, now - self._last)
        self._last = now

    def check(self) -> None:
        """Do nothing, because nobody cancels a benchmark."""

    def partial(self, data: Mapping[str, Any]) -> None:
        """Do nothing, because reports send no interim results."""

    @contextmanager
    def save_artifact(self, filename: str, media_type: str) -> Iterator[Any]:
        with (self.scratch_dir / f"stored-{filename}").open("w+b") as file:
            yield StoredFile(filename, file)

    def get_source(self, name: str) -> Any:
        # The settings are read from the environment, which the parent process prepares.
        from jobs.data.sources import find_source  # noqa: PLC0415

        return find_source(name)


class StoredFile:
    def __init__(self, filename: str, file: BinaryIO) -> None:
        self.filename, self.file = filename, file

    def describe(self) -> dict[str, Any]:
        expires_at = datetime.now(UTC) + timedelta(days=1)
        size = os.stat(self.file.name).st_size
        return {
            "artifact_id": str(uuid4()),
            "url": "",
            "filename": self.filename,
            "size_bytes": size,
            "sha256": "",
            "expires_at": expires_at,
        }


def write_table(path: Path, rows: int) -> None:
    """Write invented orders over 2024, not sorted by date."""
    random = np.random.default_rng(7)
    writer: pa.parquet.ParquetWriter | None = None
    for start in range(0, rows, _CHUNK):
        table = _chunk(random, start, min(_CHUNK, rows - start))
        writer = writer or pa.parquet.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer:
        writer.close()


def _chunk(random: np.random.Generator, start: int, size: int) -> pa.Table:
    days = np.datetime64("2024-01-01") + random.integers(0, 366, size)
    cents = np.round(random.lognormal(8, 1, size)).astype(np.int64)
    return pa.table(
        {
            "order_id": pa.array(np.arange(start, start + size)),
            "order_date": pa.array(days),
            "category": _CATEGORIES.take(pa.array(random.integers(0, 5, size))),
            "region": _REGIONS.take(pa.array(random.integers(0, 4, size))),
            "product": pa.array([f"Product {number}" for number in random.integers(0, 5000, size)]),
            "quantity": pa.array(random.integers(1, 9, size)),
            "value": pa.array(cents / 100).cast(pa.decimal128(12, 2), safe=False),
        }
    )


def run_report(report_format: str, folder: Path) -> dict[str, Any]:
    """Run one report in this process and return its measurements."""
    # Late, because only the child process has the settings of the benchmark.
    import django  # noqa: PLC0415

    django.setup()
    from jobs.handlers.generate_report import GenerateReport  # noqa: PLC0415

    handler, context = GenerateReport(), MeasuredContext(folder)
    days = {"start_date": "2024-01-01", "end_date": "2024-12-31"}
    payload = handler.parse({**days, "format": report_format, "source": "many"})
    started = time.monotonic()
    result = handler.run(payload, context)
    return {
        "seconds": time.monotonic() - started,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "records": result["records"],
        "file_mb": result["size_bytes"] / 1e6,
        "reports": context.reports,
        "longest_silence": context.longest_silence,
    }


def run_in_child(report_format: str, table: Path, folder: Path) -> dict[str, Any]:
    columns = {"date": "order_date", "value": "value", "category": "category", "region": "region"}
    source = {"label": "Many orders (generated)", "files": str(table), **columns}
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "streamer_site.settings",
        "PYTHONPATH": str(ROOT),
        "STREAMER_DATA_DIR": str(folder),
        "STREAMER_SOURCES": json.dumps({"many": source}),
    }
    command = [sys.executable, __file__, "--child", report_format, "--folder", str(folder)]
    finished = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return dict(json.loads(finished.stdout))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--formats", nargs="+", default=["csv", "pdf"], choices=["csv", "pdf", "excel"])
    parser.add_argument("--child", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(run_report(options.child, options.folder)))
        return
    with tempfile.TemporaryDirectory() as temporary:
        table = Path(temporary) / "orders.parquet"
        write_table(table, options.rows)
        print(f"{options.rows:,} rows in a Parquet file of {table.stat().st_size / 1e6:,.0f} MB")
        for report_format in options.formats:
            with tempfile.TemporaryDirectory(dir=temporary) as folder:
                print(_line(report_format, run_in_child(report_format, table, Path(folder))), flush=True)


def _line(report_format: str, measured: Mapping[str, Any]) -> str:
    return (
        f"{report_format:6} peak {measured['peak_mb']:6,.0f} MB   {measured['seconds']:6.1f} s   "
        f"{measured['records']:,} records   file {measured['file_mb']:,.1f} MB   "
        f"{measured['reports']} reports, at most {measured['longest_silence']:.1f} s apart"
    )


if __name__ == "__main__":
    main()
