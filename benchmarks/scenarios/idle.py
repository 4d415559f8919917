"""Idle: the cost of sockets on which nothing happens."""

import asyncio
import tempfile
from pathlib import Path

from benchmarks.frame.bars import Bar, judge
from benchmarks.frame.bench import Bench
from benchmarks.idle_sockets import SERVERS, allow_files, measure_cost
from benchmarks.results import Row
from benchmarks.systems.unlimited import UNLIMITED
from streamer_site.local.stack import Stack

_SOCKETS, _SECONDS = 5_000, 60.0
# Seconds of processor time a minute: 2 % of one processor.
_BAR = Bar("CPU s/minute", "<=", 0.02 * 60)


def measure(bench: Bench) -> list[Row]:
    """Measure both servers."""
    allow_files(_SOCKETS)
    rows = []
    for server in SERVERS:
        with (
            tempfile.TemporaryDirectory() as folder,
            Stack(Path(folder), workers=1, server=server, env=UNLIMITED, inherit_settings=False) as stack,
        ):
            cost = asyncio.run(measure_cost(stack, _SOCKETS, _SECONDS))
        figures = {
            "CPU s/minute without": cost.cpu_without,
            "CPU s/minute": cost.cpu_with,
            "KiB/socket": cost.kib_each,
            "lost": cost.lost,
        }
        rows.append(Row(f"idle: {_SOCKETS:,} sockets", f"Streamer on {server}", figures))
    return [judge(row, [_BAR, Bar("lost", "<=", 0)]) for row in rows]
