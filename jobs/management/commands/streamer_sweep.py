"""``manage.py streamer_sweep``: the sweeper process."""

import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from jobs.sweeper.loop import all_rules, sweep_once, sweep_until


class Command(BaseCommand):
    help = "Move stuck requests on and delete expired ones, until SIGTERM. Two may run."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--once", action="store_true", help="apply every rule once, print the counts and end")

    def handle(self, *, once: bool, **options: Any) -> None:
        if once:
            for name, count in sweep_once(all_rules()).items():
                self.stdout.write(f"{count:6d}  {name}")
            return
        stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        sweep_until(stopped)
