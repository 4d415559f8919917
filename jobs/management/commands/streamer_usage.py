"""``manage.py streamer_usage``: what tenants used on which days."""

import json
from collections.abc import Sequence
from datetime import date
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from jobs.management.explaining import add_json
from jobs.operations.usage_report import COLUMNS, as_csv, as_object
from jobs.usage.daily import DayUse, usage_by_day


class Command(BaseCommand):
    help = (
        "Print what tenants used on each day, in UTC: requests, seconds of workers, bytes written, and requests that a "
        "limit refused."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", help="only this tenant (default: all)")
        parser.add_argument(
            "--from", dest="first", metavar="DAY", help="first day to print, such as 2026-05-01 (default: the earliest)"
        )
        parser.add_argument(
            "--to", dest="last", metavar="DAY", help="last day to print, this one included (default: the latest)"
        )
        form = parser.add_mutually_exclusive_group()
        form.add_argument("--csv", action="store_true", dest="is_csv", help="print CSV instead of text")
        add_json(form, dest="is_json")

    def handle(
        self,
        *,
        tenant: str | None,
        first: str | None,
        last: str | None,
        is_csv: bool,
        is_json: bool,
        **options: Any,
    ) -> None:
        days = (_day("--from", first), _day("--to", last))
        if days[0] and days[1] and days[0] > days[1]:
            raise CommandError("--from is after --to")
        rows = usage_by_day(tenant, *days)
        if is_csv:
            self.stdout.write(as_csv(rows), ending="")
        elif is_json:
            self.stdout.write(json.dumps([as_object(row) for row in rows], indent=2))
        elif rows:
            _show(rows, Console(file=cast(IO[str], self.stdout), highlight=False, soft_wrap=True))
        else:
            self.stdout.write("Nothing was used on these days")


def _day(option: str, text: str | None) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{option} must be a day such as 2026-05-01, not '{text}'") from None


def _show(rows: Sequence[DayUse], console: Console) -> None:
    table = Table(box=None, header_style="bold", padding=(0, 2, 0, 0))
    for title in COLUMNS:
        table.add_column(title.replace("_", " "), justify="left" if title in ("tenant", "day") else "right")
    for row in rows:
        tenant, day, requests, seconds, written, refused = as_object(row).values()
        table.add_row(escape(tenant), day, f"{requests:,}", f"{seconds:,.1f}", f"{written:,}", f"{refused:,}")
    console.print(table)
