"""``manage.py streamer_sweep``: the sweeper process."""

import logging
import signal
import threading
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from jobs.contract import reloading
from jobs.queue.health.services import wait_for_services
from jobs.sweeper.loop import all_rules, sweep_once, sweep_until

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = (
        "Run the sweeper until SIGTERM: it moves on requests whose worker died, and deletes what has expired. Run at "
        "least one; two may run side by side."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--once", action="store_true", help="apply each rule once, print how often it did something, and end"
        )

    def handle(self, *, once: bool, **options: Any) -> None:
        if once:
            for name, count in sweep_once(all_rules()).items():
                self.stdout.write(f"{count:6d}  {name}")
            return
        wait_for_services(logger.warning)
        stopped = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopped.set())
        reloading.watch(tell=False)
        sweep_until(stopped)
