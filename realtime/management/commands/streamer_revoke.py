"""``manage.py streamer_revoke``: end the open connections of a user, or of a whole tenant."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from realtime.connections.rows import revoke
from realtime.models import Connection


class Command(BaseCommand):
    help = "End open connections with the close code REVOKED. Tokens stay valid until they expire."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", required=True)
        parser.add_argument("--user", help="default: every user of the tenant")

    def handle(self, *, tenant: str, user: str | None, **options: Any) -> None:
        rows = Connection.objects.filter(tenant_id=tenant)
        count = revoke(rows if user is None else rows.filter(user_id=user))
        self.stdout.write(f"{count:,} open {'connection is' if count == 1 else 'connections are'} being ended")
