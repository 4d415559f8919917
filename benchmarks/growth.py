"""Measures what operations cost when the history is long, beside what they cost when it is short.

Two databases are made and filled, and dropped at the end. Each round runs every operation on the one and then on the
other. Rows above 1.3 times are red, or all rows come as JSON. ``--cpu`` counts the CPU time of this process: of use on
a busy machine, and on SQLite alone, which runs inside it.

    .venv/bin/python benchmarks/growth.py [--database-url postgres://…] [--requests 300000] [--events 20] [--rounds 15]
                                          [--cpu] [--json]
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import django
import environ
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "streamer_site.settings")
django.setup()  # models cannot be imported before

from django.core.management import call_command  # noqa: E402
from django.db import connection, connections  # noqa: E402

from benchmarks.growth_operations import Measured  # noqa: E402
from benchmarks.history import fill  # noqa: E402
from streamer_site.database import with_options  # noqa: E402

BAR = 1.3
"""The most times that an operation may cost of what it costs beside ``SHORT`` requests."""
SHORT = 1_000
_TRIES = 2
"""The times an operation is run in a round; the quicker counts."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """The cost of one operation: medians in milliseconds."""

    operation: str
    short_ms: float
    long_ms: float

    @property
    def ratio(self) -> float:
        return self.long_ms / self.short_ms

    @property
    def is_over(self) -> bool:
        """True: it costs more than it may."""
        return self.ratio > BAR


def measure(
    requests: int,
    *,
    events: int = 20,
    rounds: int = 15,
    database_url: str | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> list[Row]:
    """Measure all operations beside ``SHORT`` and beside ``requests`` finished requests.

    ``database_url`` names a PostgreSQL server and the beginning of the names of the two databases. None is SQLite.
    """
    with _databases(database_url) as (short, long):
        for database, count in ((short, SHORT), (long, requests)):
            _use(database)
            call_command("migrate", verbosity=0)
            fill(count, events)
        times: dict[str, tuple[list[float], list[float]]] = {}
        for number in range(rounds):
            for side, database in ((0, short), (1, long)) if number % 2 else ((1, long), (0, short)):
                _use(database)
                for operation, milliseconds in _round(clock):
                    times.setdefault(operation, ([], []))[side].append(milliseconds)
    return [
        Row(operation=name, short_ms=statistics.median(short_times), long_ms=statistics.median(long_times))
        for name, (short_times, long_times) in times.items()
    ]


def _round(clock: Callable[[], float]) -> Iterator[tuple[str, float]]:
    measured = Measured()
    for name, run in measured.operations().items():
        tries = []
        for _ in range(_TRIES):
            began_at = clock()
            run()
            tries.append(1_000 * (clock() - began_at))
        yield name, min(tries)
    measured.tidy()


def show(rows: Sequence[Row], requests: int, console: Console) -> None:
    table = Table(
        "operation", title=f"{connection.vendor}: medians beside {SHORT:,} and {requests:,} finished requests"
    )
    for head in (f"{SHORT:,}", f"{requests:,}", "times"):
        table.add_column(head, justify="right")
    for row in rows:
        cells = (row.operation, f"{row.short_ms:.2f} ms", f"{row.long_ms:.2f} ms", f"{row.ratio:.2f}")
        table.add_row(*cells, style="red" if row.is_over else "")
    console.print(table)


# --- databases -------------------------------------------------------------------------------------------------------


@contextmanager
def _databases(url: str | None) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Make two empty databases and drop them afterwards. Yield their settings."""
    if url is None:
        with tempfile.TemporaryDirectory(prefix="streamer-growth-") as folder:
            sqlite = {"ENGINE": "django.db.backends.sqlite3"}
            yield tuple({**sqlite, "NAME": f"{folder}/{name}.sqlite3"} for name in ("short", "long"))  # type: ignore[misc]
            connection.close()
        return
    server = environ.Env.db_url_config(url)
    names = [f"{server['NAME']}_{name}" for name in ("short", "long")]
    for name in names:
        _on_server(server, f"DROP DATABASE IF EXISTS {name}", f"CREATE DATABASE {name}")
    try:
        yield tuple({**server, "NAME": name} for name in names)  # type: ignore[misc]
    finally:
        for name in names:
            _on_server(server, f"DROP DATABASE IF EXISTS {name}")


def _on_server(server: dict[str, Any], *statements: str) -> None:
    _use({**server, "NAME": "postgres"})
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


def _use(database: dict[str, Any]) -> None:
    """Have Django's default connection lead to another database from now on."""
    connection.close()
    del connections["default"]
    connections.settings["default"] = {**connections.settings["default"], "OPTIONS": {}, **with_options(database)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database-url", help="a PostgreSQL server and the beginning of names; SQLite without it")
    parser.add_argument("--requests", type=int, default=300_000)
    parser.add_argument("--events", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--cpu", action="store_true", help="count CPU time; of SQLite alone")
    parser.add_argument("--json", action="store_true", help="print the rows as JSON, and end well in any case")
    options = parser.parse_args()
    rows = measure(
        options.requests,
        events=options.events,
        rounds=options.rounds,
        database_url=options.database_url,
        clock=time.process_time if options.cpu else time.perf_counter,
    )
    if options.json:
        print(json.dumps([asdict(row) for row in rows]))
        return
    show(rows, options.requests, Console())
    sys.exit(any(row.is_over for row in rows))


if __name__ == "__main__":
    main()
