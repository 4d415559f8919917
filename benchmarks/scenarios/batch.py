"""Batch: the time until many requests are acknowledged, sent in one message or in one message each."""

import asyncio
import tempfile
from pathlib import Path

from benchmarks.batch import measure as measure_times
from benchmarks.frame.bench import Bench
from benchmarks.frame.figures import percentile
from benchmarks.results import Row
from benchmarks.systems.unlimited import UNLIMITED
from streamer_site.local.stack import Stack

_REQUESTS, _ROUNDS = 100, 15


def measure(bench: Bench) -> list[Row]:
    """Measure both ways in turns, on SQLite."""
    with (
        tempfile.TemporaryDirectory() as folder,
        Stack(Path(folder), workers=1, env=UNLIMITED, inherit_settings=False) as stack,
    ):
        times = asyncio.run(measure_times(stack, _REQUESTS, _ROUNDS))
    scenario = f"batch: {_REQUESTS} requests on one socket, until they are acknowledged"
    return [
        Row(scenario, kind, {"p25 ms": 1000 * percentile(seconds, 25), "p50 ms": 1000 * percentile(seconds, 50)})
        for kind, seconds in times.items()
    ]
