"""``manage.py streamer_stats``: what is wrong, how long the queues wait, what came of the latest requests."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from jobs.formatting import format_count, format_duration
from jobs.management.explaining import add_json
from jobs.metrics.summary import summary

_FILE_CHARACTERS = 240
_MAX_MINUTES = 30 * 24 * 60


class Command(BaseCommand):
    help = (
        "Print what is wrong now and how to mend it, what waits and runs in each queue and of each action, and how the "
        "requests of the last minutes ended."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--minutes",
            type=int,
            default=60,
            help="count requests that ended in the last MINUTES, at most 43200 (default: 60)",
        )
        add_json(parser, dest="is_json")

    def handle(self, *, minutes: int, is_json: bool, **options: Any) -> None:
        if not 1 <= minutes <= _MAX_MINUTES:
            raise CommandError(f"--minutes must be from 1 to {_MAX_MINUTES} (30 days)")
        found = summary(timezone.now(), timedelta(minutes=minutes))
        if is_json:
            self.stdout.write(json.dumps(found, indent=2))
        else:
            # In a file or a pipe no line is broken.
            width = None if self.stdout.isatty() else _FILE_CHARACTERS
            console = Console(file=cast(IO[str], self.stdout), highlight=False, width=width)
            console.print(*_faults(found["faults"]), sep="\n")
            console.print()
            console.print(_queues(found))
            console.print()
            console.print(_actions(found, minutes))
            if failures := found["failures"]:
                console.print()
                console.print(_failures(failures))


def _faults(faults: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Write the verdict: a line for each fault, and what mends it."""
    if not faults:
        yield "All is well."
    for fault in faults:
        yield f"[bold]{fault['name']}[/bold] since {fault['since']}: {escape(fault['text'])} {escape(fault['advice'])}"


def _table(title: str, *columns: str) -> Table:
    table = Table(
        title=title, title_justify="left", title_style="bold", box=None, header_style="dim", padding=(0, 2, 0, 0)
    )
    for number, column in enumerate(columns):
        table.add_column(column, justify="right" if number else "left", no_wrap=True)
    return table


def _queues(found: dict[str, Any]) -> Table:
    table = _table("Queues", "queue", "waiting", "running", "oldest waits", "workers")
    for queue in found["queues"]:
        workers = "?" if queue["workers"] is None else str(queue["workers"])
        label = escape(queue["queue"]) + (" (paused)" if queue["paused"] else "")
        counts = (format_count(queue["waiting"]), _running(queue))
        table.add_row(label, *counts, format_duration(queue["lag_seconds"]), workers)
    return table


def _running(queue: dict[str, Any]) -> str:
    """Write the requests that run, and the most that may."""
    running = format_count(queue["running"])
    return running if queue["limit"] is None else f"{running} of {format_count(queue['limit'])}"


def _actions(found: dict[str, Any], minutes: int) -> Table:
    title = f"Actions now, and how their requests of the last {format_duration(60 * minutes)} ended"
    names = ("waiting", "running", "retrying", "completed", "failed", "cancelled", "retries", "lost")
    table = _table(title, "action", *names, "wait p50", "p95", "run p50", "p95")
    times = ("wait_p50_seconds", "wait_p95_seconds", "run_p50_seconds", "run_p95_seconds")
    for action in found["actions"]:
        label = escape(action["action"]) + (" (paused)" if action["paused"] else "")
        counts = (format_count(action[name]) for name in names)
        table.add_row(label, *counts, *(_time(action[name]) for name in times))
    if not found["actions"]:
        table.add_row("none")
    return table


def _failures(failures: dict[str, int]) -> Table:
    table = _table("Failures", "code", "requests")
    for code, count in sorted(failures.items(), key=lambda pair: -pair[1]):
        table.add_row(code, format_count(count))
    return table


def _time(seconds: float | None) -> str:
    return "–" if seconds is None else format_duration(seconds)
