"""``manage.py streamer_token``: prints a token and nothing else."""

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from jobs.management.explaining import explain
from realtime.auth import Unauthorized, read_claims
from realtime.http.tokens import issue_token

_DAY = 86_400
_MAX_SECONDS = 10 * 365 * _DAY


class Command(BaseCommand):
    help = "Print an access token for a user of a tenant, and nothing else, so that scripts can use it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--user", required=True, help="id of the user (claim 'sub')")
        parser.add_argument("--tenant", required=True, help="id of the tenant (claim 'tenant_id')")
        parser.add_argument(
            "--permissions",
            default="",
            metavar="LIST",
            help="permissions with commas between, such as reports.generate,datasets.read; '*' is all but tenant.read "
            "(default: none)",
        )
        days = settings.STREAMER_TOKEN_MAX_DAYS
        parser.add_argument(
            "--ttl",
            type=int,
            default=3600,
            metavar="SECONDS",
            help="seconds for which the token is good (default: 3600, an hour; at most STREAMER_TOKEN_MAX_DAYS, "
            f"now {days:g} days)",
        )
        parser.add_argument(
            "--long-lived", action="store_true", help="allow a --ttl above STREAMER_TOKEN_MAX_DAYS, up to ten years"
        )
        explain(
            parser, examples={"streamer_token --user bob --tenant acme --permissions '*'": "Print a token for an hour."}
        )

    def handle(self, *, user: str, tenant: str, permissions: str, ttl: int, long_lived: bool, **options: Any) -> None:
        if not settings.JWT_SIGNING_KEY:
            raise CommandError(
                "There is no JWT_SIGNING_KEY, so no token can be issued here: tokens come from another issuer"
            )
        names = [name.strip() for name in permissions.split(",") if name.strip()]
        if not 0 < ttl <= _MAX_SECONDS:
            raise CommandError(f"--ttl must be a number of seconds from 1 to {_MAX_SECONDS} (ten years)")
        days = settings.STREAMER_TOKEN_MAX_DAYS
        if ttl > days * _DAY and not long_lived:
            allowed = f"{days} day{'' if days == 1 else 's'}"
            raise CommandError(f"--ttl is more than {allowed}; if you mean it, add --long-lived")
        try:
            read_claims({"sub": user, "tenant_id": tenant, "permissions": names, "exp": ttl})
        except Unauthorized as error:
            raise CommandError(f"{error}; this one would not be accepted") from None
        self.stdout.write(issue_token(user_id=user, tenant_id=tenant, permissions=names, ttl=timedelta(seconds=ttl)))
