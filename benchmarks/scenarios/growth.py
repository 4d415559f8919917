"""Growth: the cost of operations beside a long history, against their cost beside a short one."""

import json
import subprocess
import sys

from benchmarks.frame.bars import Bar, judge
from benchmarks.frame.bench import Bench
from benchmarks.results import Row
from benchmarks.systems.folders import BENCHMARKS

_SHORT_SET, _FULL_SET = 20_000, 300_000
_SHORT_ROUNDS, _FULL_ROUNDS = 5, 15
_BAR = Bar("times", "<=", 1.3)


def measure(bench: Bench) -> list[Row]:
    """Measure each database with a history of a length that the set has time for."""
    urls = [None, *([bench.database_url] if bench.database_url else [])]
    return [row for url in urls for row in _measure(url, is_full=bench.is_full)]


def _measure(database_url: str | None, *, is_full: bool) -> list[Row]:
    # In a process of its own, because it exchanges the database that lies under Django.
    requests, rounds = (_FULL_SET, _FULL_ROUNDS) if is_full else (_SHORT_SET, _SHORT_ROUNDS)
    argv = [
        sys.executable,
        str(BENCHMARKS / "growth.py"),
        "--json",
        "--requests",
        str(requests),
        "--rounds",
        str(rounds),
    ]
    if database_url:
        argv += ["--database-url", database_url]
    measured = json.loads(subprocess.run(argv, stdout=subprocess.PIPE, check=True).stdout.splitlines()[-1])
    name = "PostgreSQL" if database_url else "SQLite"
    rows = []
    for one in measured:
        short, long = one["short_ms"], one["long_ms"]
        figures = {"ms beside 1,000": short, f"ms beside {requests:,}": long, "times": long / short}
        rows.append(judge(Row(f"growth: {requests:,} finished requests, {name}", one["operation"], figures), [_BAR]))
    return rows
