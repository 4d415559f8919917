"""``manage.py streamer_cancel``: cancel one request."""

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.models import Status
from jobs.operations.audit import record
from jobs.requests.cancellation import AlreadyFinished, request_cancel
from jobs.requests.reads import NotFound


class Command(BaseCommand):
    help = "Cancel a request. A waiting one ends at once; a running one is asked to stop, and then forced to."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("request_id", type=UUID)

    def handle(self, *, request_id: UUID, **options: Any) -> None:
        try:
            row = request_cancel(request_id)
        except NotFound:
            raise CommandError(f"There is no request {request_id}") from None
        except AlreadyFinished as finished:
            raise CommandError(f"{request_id} is already {finished}") from None
        record("cancel", str(request_id))
        done = row.status == Status.CANCELLED
        self.stdout.write(f"{request_id} ({row.name}) {'is cancelled' if done else 'was asked to stop'}")
