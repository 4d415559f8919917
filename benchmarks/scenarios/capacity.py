"""Capacity: what each part of a request's path can do alone, for the model of what saturates first."""

import json
import subprocess
import sys

from benchmarks.frame.bench import Bench
from benchmarks.frame.figures import median_figures
from benchmarks.results import Row
from benchmarks.systems.folders import PROJECT
from benchmarks.systems.running import Running, System

_THREADS = 8
_START = "import django; django.setup(); from benchmarks.capacity_points import main; main()"


def measure(bench: Bench) -> list[Row]:
    """Measure the parts on each database."""
    found: dict[tuple[str, str], list[dict[str, float]]] = {}

    def measure_one(system: System, running: Running) -> None:
        command = [sys.executable, "-m", "benchmarks.capacity_points", "--threads", str(_THREADS)]
        done = subprocess.run(
            command, env=dict(running.env), cwd=PROJECT, stdout=subprocess.PIPE, check=True, text=True
        )
        for part, figures in json.loads(done.stdout).items():
            found.setdefault((part, system.name), []).append(figures)

    bench.in_rounds(bench.ours(), measure_one)
    return [Row(f"capacity: {part}", name, median_figures(rounds)) for (part, name), rounds in found.items()]
