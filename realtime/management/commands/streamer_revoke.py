"""``manage.py streamer_revoke``: void tokens, and end the connections that were opened with them."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from jobs.operations.audit import record
from realtime.connections.rows import revoke
from realtime.models import Connection
from realtime.revocations.writing import revoke_tokens, wait_for_next_second


class Command(BaseCommand):
    help = (
        "Void all tokens of a user or a tenant that were issued until now, or one token, and close their connections "
        "with the code 4501. Tokens that are issued later are good again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", default="", help="id of the tenant (claim 'tenant_id'); alone: all its users")
        parser.add_argument(
            "--user", default="", help="id of the user (claim 'sub'); without --tenant, in every tenant"
        )
        parser.add_argument(
            "--token-id", default="", help="id of one token (claim 'jti'), in place of a user or tenant"
        )

    def handle(self, *, tenant: str, user: str, token_id: str, **options: Any) -> None:
        if bool(tenant or user) == bool(token_id):
            raise CommandError("Give --user, --tenant or both, or else --token-id alone")
        try:
            revoke_tokens(tenant_id=tenant, user_id=user, token_id=token_id, reason="streamer_revoke")
        except ValueError as error:
            raise CommandError(str(error)) from None
        named = (("tenant", tenant), ("user", user), ("token", token_id))
        record("revoke", ", ".join(f"{name} {value}" for name, value in named if value))
        until = f"{timezone.now():%Y-%m-%d %H:%M:%S} UTC"
        if token_id:
            self.stdout.write(f"The token is void since {until}, and its connections are being ended")
        else:
            scope = {name: value for name, value in (("tenant_id", tenant), ("user_id", user)) if value}
            count = revoke(Connection.objects.filter(**scope))
            ended = f"{count:,} open {'connection is' if count == 1 else 'connections are'} being ended"
            self.stdout.write(f"Tokens issued until {until} are void; {ended}")
        # A token of an issuer that counts whole seconds is good again as soon as this command has ended.
        wait_for_next_second()
