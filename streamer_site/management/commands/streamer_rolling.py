"""``manage.py streamer_rolling``: replaces every process of a stack under load, and checks that nothing is lost."""

import asyncio
import json
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.markup import escape

from jobs.management.explaining import explain
from streamer_site.local.interrupt import interruptible
from streamer_site.local.stack import PROJECT_DIR, StackFailed
from streamer_site.management.commands.streamer_chaos import EXITS
from tests.chaos.rolling import Plan, Rolled, Step, roll
from tests.chaos.triggers import ChaosFailed


class Command(BaseCommand):
    help = (
        "Try a rolling upgrade: start a stack of its own with clients that ask without a pause, replace sweeper, "
        "workers and web processes one after the other, and check that nothing is lost."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--short", action="store_true", help="replace only one process of each kind")
        parser.add_argument(
            "--from",
            default="",
            metavar="REVISION",
            dest="revision",
            help="begin with the code of this Git revision, upgrade to the present code, and roll back",
        )
        parser.add_argument(
            "--database-url", default="", metavar="URL", help="use this database, which must be empty (default: SQLite)"
        )
        parser.add_argument(
            "--json", type=Path, metavar="FILE", dest="json_file", help="also write the results to FILE, as JSON"
        )
        parser.add_argument("--markdown", type=Path, metavar="FILE", help="also write the table to FILE, as Markdown")
        explain(parser, exits=EXITS)

    def handle(
        self,
        *,
        revision: str,
        short: bool,
        database_url: str,
        json_file: Path | None,
        markdown: Path | None,
        **options: Any,
    ) -> None:
        console = Console(highlight=False)
        try:
            with interruptible(), _checked_out(revision) as old_code:
                plan = Plan(database_url=database_url, old_code=old_code, per_kind=1 if short else None)
                rolled = asyncio.run(roll(plan, lambda step: _tell(console, step)))
        except KeyboardInterrupt:
            raise CommandError("Interrupted; the stack is stopped", returncode=130) from None
        except (ChaosFailed, StackFailed) as error:
            raise CommandError(str(error), returncode=2) from None
        console.print(summary(rolled), soft_wrap=True)
        for complaint in (*rolled.problems, *rolled.doctor):
            console.print(f"  [red]{escape(complaint)}[/]", soft_wrap=True)
        if json_file:
            json_file.write_text(json.dumps(rolled.as_json(), indent=2) + "\n")
        if markdown:
            markdown.write_text(table(rolled))
        if not rolled.is_good:
            raise SystemExit(1)


def summary(rolled: Rolled) -> str:
    balance = rolled.balance
    return (
        f"{len(rolled.steps)} processes replaced under {rolled.requests} requests, {rolled.handed_back} of which were "
        f"handed to another worker: lost {balance.lost}, doubled {balance.doubled}, disordered {balance.disordered}. "
        f"Longest gap in a running request {rolled.gap_seconds:.1f} s, longest wait to be accepted "
        f"{rolled.accept_seconds:.1f} s."
    )


def table(rolled: Rolled) -> str:
    lines = ["| | replaced | by | ready after | drained in |", "|---|---|---|--:|--:|"]
    lines += [
        f"| {step.phase} | `{step.old}` | `{step.new}` | {step.ready_seconds:.1f} s | {step.drain_seconds:.1f} s |"
        for step in rolled.steps
    ]
    return "\n".join([*lines, "", summary(rolled), ""])


def _tell(console: Console, step: Step) -> None:
    mark = "[green]✓[/]" if step.in_order else "[yellow]![/]"
    end = "drained in" if step.in_order else "killed after"
    words = f"ready after {step.ready_seconds:.1f} s, the old one {end} {step.drain_seconds:.1f} s"
    console.print(f"{mark} {step.phase:<9} {step.old:<9} → {step.new:<9} [dim]{words}[/]", soft_wrap=True)


@contextmanager
def _checked_out(revision: str) -> Iterator[Path | None]:
    """Check the revision out into a folder of its own, which is gone afterwards."""
    if not revision:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="streamer-release-", ignore_cleanup_errors=True) as base:
        folder = Path(base) / "code"
        _git("worktree", "add", "--detach", str(folder), revision)
        try:
            yield folder
        finally:
            with suppress(CommandError):
                _git("worktree", "remove", "--force", str(folder))


def _git(*arguments: str) -> None:
    done = subprocess.run(["git", *arguments], cwd=PROJECT_DIR, capture_output=True, text=True)
    if done.returncode:
        raise CommandError(f"git {arguments[0]} failed: {done.stderr.strip()}", returncode=2)
