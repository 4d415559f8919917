"""``manage.py streamer_prune``: deletes old requests now, without holding anybody up."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from jobs.files.deletion import delete_files
from jobs.formatting import format_counted
from jobs.management.explaining import explain
from jobs.operations.audit import record
from jobs.requests.removal.deletion import delete_finished
from jobs.sweeper.retention import old_requests


class Command(BaseCommand):
    help = (
        "Delete old finished requests with their logs now, without waiting for the sweeper. It works in small steps, "
        "so that nobody waits for it. After an interruption, run it again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        days = settings.STREAMER_RETENTION_DAYS
        parser.add_argument(
            "--days",
            type=float,
            default=days,
            help=f"delete what finished more than DAYS days ago (default: STREAMER_RETENTION_DAYS, now {days:g})",
        )
        parser.add_argument(
            "--files", action="store_true", help="delete also requests that still have files, and those files"
        )
        explain(parser, examples={"streamer_prune --days 30 --files": "Delete all that finished over 30 days ago."})

    def handle(self, *, days: float, files: bool, **options: Any) -> None:
        deleted = gone = kept = 0
        for rows in old_requests(_moment(days), {}, with_files=files):
            names = delete_finished(rows)
            left = delete_files(names)
            deleted, gone, kept = deleted + len(rows), gone + len(names) - left, kept + left
            if options["verbosity"] > 1:
                self.stdout.write(format_counted(deleted, "request"))
        with_files = " and their files" if files else ""
        target = f"requests{with_files} that ended more than {days:g} days ago"
        record("prune", target, counts={"deleted": deleted, "files": gone})
        self.stdout.write(f"Deleted {format_counted(deleted, 'request')} and {format_counted(gone, 'file')}")
        if kept:
            self.stderr.write(f"{format_counted(kept, 'file')} could not be deleted; the sweeper tries again")


def _moment(days: float) -> datetime:
    if not days >= 0:  # NaN neither
        raise CommandError("--days cannot be less than 0")
    try:
        return timezone.now() - timedelta(days=days)
    except OverflowError:
        raise CommandError("--days is too large") from None
