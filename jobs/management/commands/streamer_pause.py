"""``manage.py streamer_pause``: start no more requests of an action."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.operations.audit import command_actor, record
from jobs.queue.pauses import UnknownAction, count_waiting, pause_action


class Command(BaseCommand):
    help = (
        "Pause an action. Its requests are still accepted, and wait until streamer_resume; those that run already go "
        "on. To pause all actions of a queue, use streamer_queues pause."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", metavar="ACTION", help="name of the action, such as generate_report")
        parser.add_argument("--reason", default="", help="a note for other operators, at most 255 characters")

    def handle(self, *, action: str, reason: str, **options: Any) -> None:
        try:
            pause_action(action, reason=reason, paused_by=command_actor().name)
        except UnknownAction as error:
            raise CommandError(str(error)) from None
        record("pause", action, reason)
        self.stdout.write(f"Action '{action}' is paused; {count_waiting(action):,} waiting")
