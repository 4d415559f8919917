"""``manage.py streamer_cancel``: cancel one request."""

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.models import Status
from jobs.operations.audit import record
from jobs.requests.cancellation import AlreadyFinished, request_cancel
from jobs.requests.reads import NotFound


class Command(BaseCommand):
    help = (
        "Cancel one request. If it waits, it ends at once. If it runs, its handler is asked to stop; if that has not "
        "helped after STREAMER_CANCEL_GRACE_SECONDS (10 by default), its process is killed. "
        "To cancel many requests at once, use streamer_requests cancel."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "request_id", type=UUID, metavar="REQUEST_ID", help="id of the request, as streamer_requests list prints it"
        )

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
