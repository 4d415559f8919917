"""Makes the sample tables that the built-in source reads."""

import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from jobs.data.sample.files import sample_is_there, write_sample


class Command(BaseCommand):
    help = (
        "Make the sample tables: orders of an invented shop, 2023 to 2025, which the built-in source reads. It does "
        "nothing if they are there already."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--force", action="store_true", help="make them again, in place of those that are there")

    def handle(self, *args: Any, force: bool = False, **options: Any) -> None:
        folder = Path(settings.STREAMER_SAMPLE_DIR)
        if sample_is_there(folder) and not force:
            self.stdout.write(f"The sample tables are in {folder} already; --force makes them again")
            return
        started = time.monotonic()
        for file in write_sample(folder):
            self.stdout.write(f"  {file.table:14} {file.rows:>9,} rows  {file.size_bytes / 1e6:6.1f} MB")
        self.stdout.write(
            self.style.SUCCESS(f"Made the sample tables in {folder} in {time.monotonic() - started:.1f} s")
        )
