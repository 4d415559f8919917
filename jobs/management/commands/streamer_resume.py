"""``manage.py streamer_resume``: start requests of a paused action again."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.operations.audit import record
from jobs.queue.pauses import NotPaused, count_waiting, resume_action


class Command(BaseCommand):
    help = "Resume an action that streamer_pause paused: workers start its waiting requests again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", metavar="ACTION", help="name of the paused action")

    def handle(self, *, action: str, **options: Any) -> None:
        try:
            resume_action(action)
        except NotPaused as error:
            raise CommandError(str(error)) from None
        record("resume", action)
        self.stdout.write(f"Action '{action}' is resumed; {count_waiting(action):,} waiting")
