"""``manage.py streamer_sign_in_link``: prints a link that signs a user in to the console, once, and nothing else."""

from typing import Any

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.core.management.base import BaseCommand, CommandError, CommandParser

from streamer_site.local.accounts import admin_name, sign_in_url
from streamer_site.local.folder import read_owner


class Command(BaseCommand):
    help = "Print a link that signs a user in to the console. It works once, within five minutes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--user", help="name with which the user signs in (default: the local admin)")
        parser.add_argument(
            "--url",
            help="address of the service, such as https://streamer.example (default: STREAMER_PUBLIC_URL, else that of "
            "the stack that runs on this data folder)",
        )

    def handle(self, *, user: str | None, url: str | None, **options: Any) -> None:
        if not settings.JWT_SIGNING_KEY:
            raise CommandError(
                "There is no JWT_SIGNING_KEY, so no link can be made here: tokens come from another issuer"
            )
        base = url or settings.STREAMER_PUBLIC_URL or read_owner(settings.DATA_DIR)[1]
        if not base:
            raise CommandError(
                "No stack runs on this data folder; name the service, such as --url https://streamer.example"
            )
        name = user or admin_name()
        try:
            self.stdout.write(sign_in_url(base, name))
        except ObjectDoesNotExist:
            raise CommandError(f"There is no user '{name}'") from None
