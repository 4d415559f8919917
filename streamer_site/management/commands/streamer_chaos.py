"""``manage.py streamer_chaos``: kills, freezes and starves a stack at exact points, and checks that nothing is lost."""

import json
import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.markup import escape

from jobs.management.explaining import explain
from streamer_site.local.interrupt import interruptible
from streamer_site.local.stack import StackFailed
from tests.chaos.cells import all_cells, each_fault, short_cells
from tests.chaos.matrix import choose, run_matrix
from tests.chaos.tables import complaints, markdown_table, row, summary, terminal_table
from tests.chaos.trial import Options, Result
from tests.chaos.triggers import ChaosFailed

_AWAY_SECONDS = 20.0
_AWAY_SECONDS_FULL = 60.0
_PLAIN_WIDTH = 110
EXITS = {0: "nothing was lost", 1: "a check failed", 2: "it could not run", 130: "interrupted by Ctrl-C"}


class Command(BaseCommand):
    help = (
        "Run the crash matrix: start a stack of its own, raise one fault after the other at exact points of a request, "
        "such as killing a worker in the middle of its run, and check each time that nothing is lost. One fault at one "
        "point is a cell, named FAULT@POINT."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--short", action="store_true", help="run five cells only, in less than a minute (default: run all)"
        )
        parser.add_argument("--each", action="store_true", help="run one cell of each fault only")
        parser.add_argument(
            "--full",
            action="store_true",
            help=f"let long outages last {_AWAY_SECONDS_FULL:.0f} s, not {_AWAY_SECONDS:.0f} s",
        )
        parser.add_argument("--away", type=float, metavar="SECONDS", help="let long outages last SECONDS (default: 20)")
        parser.add_argument(
            "--cells", default="*", metavar="GLOB", help="run only cells whose names fit, such as 'web-kill@*'"
        )
        parser.add_argument(
            "--seed", type=int, default=1, help="seed of the order in which the clients send (default: 1)"
        )
        parser.add_argument(
            "--list", action="store_true", dest="only_list", help="print the names of the cells, and end"
        )
        parser.add_argument(
            "--json", type=Path, metavar="FILE", dest="json_file", help="also write the results to FILE, as JSON"
        )
        parser.add_argument("--markdown", type=Path, metavar="FILE", help="also write the table to FILE, as Markdown")
        parser.add_argument(
            "--database-url", default="", metavar="URL", help="use this database, which must be empty (default: SQLite)"
        )
        parser.add_argument(
            "--postgres-restart-command",
            default="",
            metavar="COMMAND",
            help="command that restarts PostgreSQL, for the cells that need it",
        )
        explain(parser, exits=EXITS)

    def handle(self, *, short: bool, full: bool, cells: str, seed: int, only_list: bool, **options: Any) -> None:
        chosen = choose(short_cells() if short else each_fault() if options["each"] else all_cells(), cells)
        if not chosen:
            raise CommandError(f"No cell is called '{cells}'; --list prints their names")
        if only_list:
            self.stdout.write("\n".join(cell.name for cell in chosen))
            return
        how = Options(
            seed=seed,
            database_url=options["database_url"],
            away_seconds=options["away"] or (_AWAY_SECONDS_FULL if full else _AWAY_SECONDS),
            postgres_restart=options["postgres_restart_command"],
        )
        terminal = Console(highlight=False)
        console = terminal if terminal.is_terminal else Console(highlight=False, width=_PLAIN_WIDTH)
        started_at = time.monotonic()
        try:
            with interruptible():
                results = run_matrix(chosen, how, lambda result: _tell(console, result))
        except KeyboardInterrupt:
            raise CommandError("Interrupted; the stack is stopped", returncode=130) from None
        except (ChaosFailed, StackFailed) as error:
            raise CommandError(str(error), returncode=2) from None
        console.print(terminal_table(results))
        console.print(f"{summary(results)} It took {time.monotonic() - started_at:.0f} s.", soft_wrap=True)
        _write(results, options["json_file"], options["markdown"])
        if not all(result.is_good for result in results):
            raise SystemExit(1)


def _tell(console: Console, result: Result) -> None:
    """Print one line as soon as a cell is over, with its faults."""
    mark = "[yellow]–[/]" if result.skipped else "[green]✓[/]" if result.is_good else "[red]✗[/]"
    recovery = row(result)[2]
    words = result.skipped or f"{recovery:>7} to recover, {result.seconds:4.1f} s in all"
    console.print(f"{mark} {result.cell.name:<36} [dim]{words}[/]", soft_wrap=True)
    for complaint in complaints([result]):
        console.print(f"  [red]{escape(complaint)}[/]", soft_wrap=True)


def _write(results: list[Result], json_file: Path | None, markdown: Path | None) -> None:
    if json_file:
        body = {"summary": summary(results), "cells": [result.as_json() for result in results]}
        json_file.write_text(json.dumps(body, indent=2) + "\n")
    if markdown:
        markdown.write_text(markdown_table(results))
