"""``manage.py streamer_up``: the whole service on this machine, until Ctrl-C."""

import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections
from rich.console import Console
from rich.markup import escape

from jobs.data.sample.files import sample_is_there
from streamer_site.local import valkey
from streamer_site.local.accounts import PASSWORD_FILE, admin_name, ensure_admin
from streamer_site.local.folder import AlreadyRunning
from streamer_site.local.interrupt import hurried_by_signal, interruptible
from streamer_site.local.printing import LinePrinter
from streamer_site.local.stack import Stack, StackFailed

_TOKEN_HOURS = 12


class Command(BaseCommand):
    help = "Run everything on this machine: embedded Redis-compatible server, web, workers, sweeper."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="of the web server; if taken, the next free one")
        parser.add_argument("--workers", type=int, default=2, help="the number of requests that run at the same time")

    def handle(self, *, port: int, workers: int, **options: Any) -> None:
        if not (1 <= port <= 65535 and workers >= 1):
            raise CommandError("--port must be between 1 and 65535, --workers at least 1.")
        console = Console(highlight=False)
        sample = [] if sample_is_there(settings.STREAMER_SAMPLE_DIR) else ["streamer_sample"]
        output = LinePrinter(console, quiet=[valkey.NAME])
        stack = Stack(settings.DATA_DIR, workers=workers, ports=[port], prepare=sample, output=output)
        try:
            with interruptible():
                _run(stack, console, port)
        except KeyboardInterrupt:
            console.print("\nStopping. Ctrl-C again kills running requests instead of waiting for them.", style="dim")
            with hurried_by_signal(stack.hurry):
                stack.stop()
            console.print("Stopped.")
        except (AlreadyRunning, StackFailed) as error:
            raise CommandError(str(error)) from None
        finally:
            stack.stop()


def _run(stack: Stack, console: Console, wanted_port: int) -> None:
    """Start, print the addresses, and wait to be interrupted."""
    with console.status("Starting", spinner_style="cyan"):
        stack.start()
        password = ensure_admin(stack.data_dir)
        connections.close_all()
        token = stack.token(admin_name(), ttl_seconds=_TOKEN_HOURS * 3600)
    console.print("\nStreamer is running. Ctrl-C stops it.\n", style="bold green")
    if not stack.http_url.endswith(f":{wanted_port}"):
        console.print(f"Port {wanted_port} is taken, so this is the next free one.\n", style="yellow")
    login = f"password {password}" if password else f"with the password you set ({PASSWORD_FILE} has the first one)"
    addresses = {
        "Console": f"{stack.http_url}/",
        "Admin": f"{stack.http_url}/admin/   user {admin_name()}, {login}",
        "Socket": stack.ws_url,
        "Data": str(stack.data_dir),
        "Token": f"of user {admin_name()}, with every permission, for {_TOKEN_HOURS} hours:",
    }
    for name, value in addresses.items():
        console.print(f"[bold]{name:<8}[/] {escape(value)}", soft_wrap=True)
    console.print(f"{escape(token)}\n", soft_wrap=True)
    threading.Event().wait()
