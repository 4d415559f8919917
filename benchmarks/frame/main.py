"""Runs the scenarios, prints what they measured, and writes it down."""

import json
import math
import time
import traceback
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from benchmarks.frame.machine import conditions, load_average
from benchmarks.frame.options import read_options
from benchmarks.frame.pages import block, with_block
from benchmarks.frame.registry import SCENARIOS, Scenario
from benchmarks.frame.tables import by_scenario, terminal_table, verdict
from benchmarks.results import Row
from benchmarks.systems.folders import HOME
from streamer_site.local.interrupt import interruptible

_BUSY = 0.5
# Of tables. A narrower terminal breaks the lines, which says more than cut off figures.
_WIDTH = 200


def main(arguments: Sequence[str]) -> int:
    """Run the bench. Return the exit status: 1 when a scenario failed, 130 when it was interrupted."""
    options = read_options(arguments)
    bench, console = options.bench, options.bench.console
    told = conditions(arguments, bench.rounds)
    console.print(escape(told))
    if (load := load_average()) > _BUSY:
        console.print(f"Other work keeps this machine busy (load {load:.1f}): the figures will be wrong.", style="red")
    begun, measured, failed = time.monotonic(), {}, False
    try:
        with interruptible():
            for scenario in [one for one in SCENARIOS if one.name in options.only]:
                console.print(f"\n{scenario.name}", style="bold cyan")
                try:
                    rows = list(scenario.measure(bench))
                except Exception:
                    failed = True
                    console.print(escape(traceback.format_exc()), style="red")
                    continue
                measured[scenario] = rows
                _print(console, rows)
                if options.page and rows:
                    page = options.page.read_text()
                    options.page.write_text(with_block(page, scenario.name, block(rows, told)))
    except KeyboardInterrupt:
        console.print("\nInterrupted. Everything it started is stopped.", style="bold")
        return 130
    finally:
        _record(measured, told)
    console.print(f"\n{(time.monotonic() - begun) / 60:.1f} minutes", style="dim")
    return int(failed)


def _print(console: Console, rows: Sequence[Row]) -> None:
    for scenario, found in by_scenario(rows):
        console.print(terminal_table(scenario, found), width=_WIDTH, crop=False, soft_wrap=False)
        for row in found:
            if row.bar:
                console.print(
                    f"{escape(row.system)} {escape(verdict(row))}", style="bold red" if row.below else "green"
                )


def _record(measured: dict[Scenario, list[Row]], told: str) -> None:
    """Keep the rows as JSON, to compare runs."""
    if not measured:
        return
    folder = HOME / "results"
    folder.mkdir(parents=True, exist_ok=True)
    rows = {scenario.name: list(map(_plain, found)) for scenario, found in measured.items()}
    file: Path = folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S}.json"
    file.write_text(json.dumps({"conditions": told, "rows": rows}, indent=1))


def _plain(row: Row) -> dict[str, Any]:
    """Return the row as JSON can tell it, which has no NaN."""
    known = {name: None if math.isnan(figure) else figure for name, figure in row.figures.items()}
    return {**asdict(row), "figures": known}
