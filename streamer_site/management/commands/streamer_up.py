"""``manage.py streamer_up``: the whole service on this machine, until Ctrl-C."""

import os
from collections.abc import Callable
from datetime import timedelta
from typing import Any, get_args

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections
from rich.console import Console
from rich.markup import escape

from jobs.data.sample.files import sample_is_there
from jobs.formatting import format_duration
from jobs.queue.health.services import reason_of
from realtime.http.sign_in.links import LIFE
from realtime.http.tokens import issue_token
from streamer_site.local import valkey
from streamer_site.local.accounts import PASSWORD_FILE, TENANT_ID, admin_name, ensure_admin, sign_in_url
from streamer_site.local.folder import AlreadyRunning
from streamer_site.local.interrupt import hurried_by_signal, interruptible
from streamer_site.local.printing import LinePrinter
from streamer_site.local.stack import Stack, StackFailed
from streamer_site.local.web import Server
from streamer_site.readiness import wait_for_foreign_services, wait_until_complete, watch

_TOKEN_HOURS = 12
_RELOAD = "STREAMER_RELOAD_HANDLERS"


class Command(BaseCommand):
    help = (
        "Run everything on this machine until Ctrl-C: Valkey (a Redis-compatible server), web server, workers, "
        "sweeper. It prints the addresses, a link that signs you in to the console, and a token."
    )
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--port",
            type=int,
            default=8000,
            help="port of the web server (default: 8000); if it is taken, the next free one",
        )
        parser.add_argument(
            "--workers", type=int, default=2, help="workers to run, each for one request at a time (default: 2)"
        )
        parser.add_argument(
            "--server", choices=get_args(Server), default="daphne", help="web server to use (default: daphne)"
        )

    def handle(self, *, port: int, workers: int, server: Server, **options: Any) -> None:
        if not (1 <= port <= 65535 and workers >= 1):
            raise CommandError("--port must be from 1 to 65535, and --workers at least 1")
        console = Console(highlight=False)
        sample = [] if sample_is_there(settings.STREAMER_SAMPLE_DIR) else ["streamer_sample"]
        output = LinePrinter(console, quiet=[valkey.NAME])
        stack = Stack(
            settings.DATA_DIR,
            workers=workers,
            forks_workers=True,
            ports=[port],
            server=server,
            env={_RELOAD: os.environ.get(_RELOAD, "true")},
            prepare=sample,
            output=output,
        )
        try:
            with interruptible():
                _run(stack, console, port, lambda line: output("streamer", line))
        except KeyboardInterrupt:
            console.print("\nStopping. Ctrl-C again kills running requests instead of waiting for them.", style="dim")
            with hurried_by_signal(stack.hurry):
                stack.stop()
            console.print("Stopped.")
        except (AlreadyRunning, StackFailed) as error:
            raise CommandError(str(error)) from None
        except OSError as error:
            hint = "Make room on its disk, or set STREAMER_DATA_DIR to a folder that can be written."
            raise CommandError(f"Streamer cannot run on {settings.DATA_DIR}: {reason_of(error)}. {hint}") from None
        finally:
            stack.stop()


def _run(stack: Stack, console: Console, wanted_port: int, tell: Callable[[str], object]) -> None:
    """Start, print the addresses, and tell what goes away, until interrupted."""
    with console.status("Starting", spinner_style="cyan"):
        wait_for_foreign_services(stack, lambda line: console.print(escape(line), style="yellow", soft_wrap=True))
        stack.start()
        password = ensure_admin(stack.data_dir)
        wait_until_complete(stack, tell)
        link, token = _link_and_token(stack.http_url)
        connections.close_all()
    console.print("\nStreamer is running. Ctrl-C stops it.\n", style="bold green")
    if not stack.http_url.endswith(f":{wanted_port}"):
        console.print(f"Port {wanted_port} is taken, so this is the next free one.\n", style="yellow")
    login = f"password {password}" if password else f"with the password you set ({PASSWORD_FILE} has the first one)"
    addresses = {
        "Console": link,
        "": f"signs you in as {admin_name()}, once, within {format_duration(LIFE.total_seconds())}",
        "Admin": f"{stack.http_url}/admin/   user {admin_name()}, {login}",
        "Socket": stack.ws_url,
        "Data": str(stack.data_dir),
        "Token": f"of user {admin_name()}, with every permission, for {_TOKEN_HOURS} hours:",
    }
    for name, value in addresses.items():
        console.print(f"[bold]{name:<8}[/] {escape(value)}", soft_wrap=True)
    console.print(f"{escape(token)}\n", soft_wrap=True)
    watch(stack, tell)


def _link_and_token(http_url: str) -> tuple[str, str]:
    """Make a link that signs the admin in to the console once, and a token. Raises ``StackFailed``."""
    if not settings.JWT_SIGNING_KEY:
        raise StackFailed(
            "There is no JWT_SIGNING_KEY, so no token can be issued here: tokens come from another issuer"
        )
    name = admin_name()
    token = issue_token(user_id=name, tenant_id=TENANT_ID, permissions=["*"], ttl=timedelta(hours=_TOKEN_HOURS))
    return sign_in_url(http_url, name), token
