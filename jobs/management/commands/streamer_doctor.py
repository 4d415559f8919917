"""``manage.py streamer_doctor``: looks for what cannot be right, and mends what needs no guess."""

import json
from collections.abc import Sequence
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseError
from rich.console import Console
from rich.markup import escape

from jobs.doctor import Diagnosis, all_checks, examine
from jobs.management.explaining import add_json, explain
from jobs.operations.audit import record
from jobs.queue.health.services import missing_database


class Command(BaseCommand):
    help = (
        "Check that what is stored in the database, in Redis and in files fits together, and repair it with --fix. "
        "It may run while Streamer works."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--fix", action="store_true", help="repair what needs no guess, and say what was done")
        parser.add_argument(
            "--deep",
            action="store_true",
            help="look at all requests and files, not only the newest 1,000, and read every file to compare its hash",
        )
        add_json(parser)
        explain(
            parser,
            exits={
                0: "healthy",
                1: "at least one check found something that --fix did not repair",
                2: "nothing was checked: wrong arguments, or the database does not answer or lacks tables",
            },
        )

    def handle(self, *, fix: bool, deep: bool, as_json: bool, **options: Any) -> None:
        if missing := missing_database():
            raise CommandError(f"Nothing can be examined. {missing.short_line}", returncode=2)
        try:
            diagnoses = examine(all_checks(deep=deep), fix=fix)
        except DatabaseError as error:
            raise CommandError(f"The database cannot be examined: {error}", returncode=2) from None
        if done := [one.check.name for one in diagnoses if one.done]:
            record("fix", ", ".join(done))
        ill = [one for one in diagnoses if one.is_ill]
        if as_json:
            body = {"healthy": not ill, "checks": [one.as_json() for one in diagnoses]}
            self.stdout.write(json.dumps(body, indent=2))
        else:
            _show(diagnoses, Console(file=cast(IO[str], self.stdout), highlight=False, soft_wrap=True))
        if ill:
            raise SystemExit(1)


def _show(diagnoses: Sequence[Diagnosis], console: Console) -> None:
    for one in diagnoses:
        console.print(f"{_mark(one)} [bold]{one.check.name:<22}[/] {escape(one.check.sentence)}")
        for line in _details(one):
            console.print(f"  {'':<22} {line}")
    ill = sum(one.is_ill for one in diagnoses)
    skipped = sum(bool(one.not_examined) for one in diagnoses)
    tail = f"; {skipped} could not be made" if skipped else ""
    verdict = f"[red]{ill} of {len(diagnoses)} checks found something[/]" if ill else "[green]Healthy[/]"
    console.print(f"\n{verdict}{tail}.")


def _mark(one: Diagnosis) -> str:
    if one.is_ill:
        return "[red]✗[/]"
    if not one.check.is_finding:
        return "[dim]·[/]"
    return "[yellow]–[/]" if one.not_examined else "[green]✓[/]"


def _details(one: Diagnosis) -> list[str]:
    lines = []
    if one.done:
        lines.append(f"[green]fixed:[/] {escape(one.done)}")
    if one.not_examined:
        lines.append(f"[yellow]not examined:[/] {escape(one.not_examined)}")
    if one.found.count:
        colour = "red" if one.is_ill else "dim"
        some = ", among them" if one.found.count > len(one.found.examples) else ""
        lines.append(f"[{colour}]{one.found.count}{some}:[/]")
        lines += [f"  [dim]{escape(example)}[/]" for example in one.found.examples]
    return lines
