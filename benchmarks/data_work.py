"""Measures the work on data, beside the same done by hand with DuckDB, pandas and scikit-learn.

    python benchmarks/data_work.py [--rows 5000000] [--rounds 3] [--tasks upload transform report learn]

Generates invented orders in a temporary folder, then does each task in a process of its own and prints the medians of
its duration, its CPU time and the peak of that process's resident memory. In each round every peer has its turn, and
the ratios are medians of those within a round, because other work on the machine changes all of them alike. The clock
starts once the libraries are loaded, as workers load them before they fork. Peers do the least that leads to the same
file: they check no types, report no progress, keep no order that was not asked for, and learn one model without
comparing it to others. Needs about 3 GB of disk for five million rows.
"""

import argparse
import importlib
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.data_tasks import LABEL, LEARNED_ROWS, TASKS
from benchmarks.report_memory import ROOT, write_table

_LIBRARIES = {
    "DuckDB": ("duckdb",),
    "pandas": ("pandas", "pyarrow.parquet"),
    "scikit-learn": ("pandas", "pyarrow.parquet", "sklearn.pipeline", "sklearn.ensemble"),
}


@dataclass(frozen=True, kw_only=True)
class Measured:
    """The medians of one task by one peer."""

    task: str
    peer: str
    seconds: float
    cpu_seconds: float
    peak_mb: float
    reports: int | None
    """The updates of progress; None for peers that report none."""
    longest_silence: float
    """The longest time without a report, in seconds."""
    note: Any
    ratios: dict[str, tuple[float, float]]
    """Peer → how many times as many seconds, and seconds of CPU, Streamer took. Empty for all but Streamer."""


def measure(rows: int, rounds: int = 1, tasks: Sequence[str] = tuple(TASKS)) -> list[Measured]:
    """Measure ``tasks`` with ``rows`` orders, each peer once in every round."""
    found: list[Measured] = []
    with tempfile.TemporaryDirectory() as temporary:
        tables = write_tables(Path(temporary), rows)
        for task in tasks:
            runs: dict[str, list[dict[str, Any]]] = {peer: [] for peer in TASKS[task]}
            for _ in range(rounds):
                for peer, done in runs.items():
                    with tempfile.TemporaryDirectory(dir=temporary) as folder:
                        done.append(in_child(task, peer, tables[task], Path(folder)))
            found += [_medians(task, peer, runs) for peer in runs]
    return found


def _medians(task: str, peer: str, runs: dict[str, list[dict[str, Any]]]) -> Measured:
    own = runs[peer]

    def ratio(other: str, figure: str) -> float:
        return float(median(mine[figure] / theirs[figure] for mine, theirs in zip(own, runs[other], strict=True)))

    others = [other for other in runs if other != peer] if peer == "Streamer" else []
    return Measured(
        task=task,
        peer=peer,
        seconds=median(run["seconds"] for run in own),
        cpu_seconds=median(run["cpu_seconds"] for run in own),
        peak_mb=median(run["peak_mb"] for run in own),
        reports=own[-1].get("reports"),
        longest_silence=max(run.get("longest_silence", 0.0) for run in own),
        note=own[-1].get("note", ""),
        ratios={other: (ratio(other, "seconds"), ratio(other, "cpu_seconds")) for other in others},
    )


def run_task(task: str, peer: str, table: Path, folder: Path) -> dict[str, Any]:
    """Do one task in this process and return its figures."""
    preload(task, peer)
    started, cpu_started = time.monotonic(), time.process_time()
    told = TASKS[task][peer](table, folder)
    seconds, cpu_seconds = time.monotonic() - started, time.process_time() - cpu_started
    return {"seconds": seconds, "cpu_seconds": cpu_seconds, "peak_mb": peak_mb(), **told}


def preload(task: str, peer: str) -> None:
    if peer == "Streamer":
        import django  # noqa: PLC0415

        django.setup()
        from jobs.handlers.generate_report import GenerateReport  # noqa: PLC0415
        from jobs.handlers.process_data import ProcessData  # noqa: PLC0415

        modules: Sequence[str] = (*GenerateReport.preload, *ProcessData.preload)
        modules = ("jobs.data.datasets.ingest.conversion",) if task == "upload" else modules
    else:
        modules = _LIBRARIES[peer]
    for module in modules:
        importlib.import_module(module)


def peak_mb() -> float:
    """Return the peak of this process since its start; on Linux, getrusage includes some of its parent's."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    [line] = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


def in_child(task: str, peer: str, table: Path, folder: Path) -> dict[str, Any]:
    columns = {"date": "order_date", "value": "value", "category": "category", "region": "region"}
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "streamer_site.settings",
        "PYTHONPATH": str(ROOT),
        "STREAMER_DATA_DIR": str(folder),
        "STREAMER_SOURCES": json.dumps({"many": {"label": "Orders", "files": str(table), **columns}}),
        "OMP_NUM_THREADS": "1",
    }
    command = [sys.executable, __file__, "--child", task, peer, "--table", str(table), "--folder", str(folder)]
    finished = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(finished.stdout.splitlines()[-1]))


def write_tables(folder: Path, rows: int) -> dict[str, Path]:
    import duckdb  # noqa: PLC0415

    orders, labelled, text = folder / "orders.parquet", folder / "labelled.parquet", folder / "orders.csv"
    write_table(orders, rows)
    duckdb.execute(f"COPY (SELECT *, {LABEL} FROM '{orders}' LIMIT {LEARNED_ROWS}) TO '{labelled}'")
    duckdb.execute(f"COPY (FROM '{orders}') TO '{text}'")
    return {"upload": text, "transform": orders, "report": orders, "learn": labelled}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tasks", nargs="+", default=list(TASKS), choices=list(TASKS))
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    parser.add_argument("--table", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        task, peer = options.child
        print(json.dumps(run_task(task, peer, options.table, options.folder)))
        return
    print(f"{options.rows:,} orders, {options.rounds} rounds")
    for task in options.tasks:
        print(f"{task}:", flush=True)
        for measured in measure(options.rows, options.rounds, [task]):
            print("\n".join(_lines(measured)), flush=True)


def _lines(measured: Measured) -> list[str]:
    line = f"  {measured.peer:12} {measured.seconds:6.1f} s, {measured.cpu_seconds:5.1f} s of CPU   "
    line += f"peak {measured.peak_mb:6,.0f} MB   {measured.note}"
    if measured.reports is not None:
        line += f"   {measured.reports} reports, at most {measured.longest_silence:.1f} s apart"
    return [
        line.rstrip(),
        *(
            f"{'':15}{seconds:.2f} x the seconds of {peer}, {cpu:.2f} x its CPU"
            for peer, (seconds, cpu) in measured.ratios.items()
        ),
    ]


if __name__ == "__main__":
    main()
