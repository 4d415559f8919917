"""``manage.py streamer_demo``: start Streamer from nothing and show in five acts what it does."""

import sys
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from rich.console import Console

from jobs.formatting import format_duration
from streamer_site.local.demo.display import Display
from streamer_site.local.demo.story import explain, make_stack, tell
from streamer_site.local.folder import AlreadyRunning
from streamer_site.local.interrupt import hurried_by_signal, interruptible
from streamer_site.local.stack import Stack, StackFailed

_INTERRUPTED = 130
_PLAIN_WIDTH = 100
_NEXT = (
    ("make run", "keeps the same stack up, and prints a URL of the console that signs you in"),
    ("README.md", "has a client to paste, and a handler of your own in one file"),
    ("docs/quickstart.md", "goes from here to your own progress in your own page, in 15 minutes"),
)


class Command(BaseCommand):
    help = (
        "Show in five acts what Streamer does: start everything on a fresh data folder, play the acts over the real "
        "socket, check each of them, and stop everything. It ends with 1 if an act failed."
    )
    requires_system_checks = []

    def handle(self, **options: Any) -> None:
        console = Console(highlight=False)
        display = Display(console if console.is_terminal else Console(highlight=False, width=_PLAIN_WIDTH))
        stack = make_stack()
        status = 0
        try:
            with interruptible():
                status = _play(stack, display)
        except KeyboardInterrupt:
            display.note("Interrupted.")
            status = _INTERRUPTED
        except (AlreadyRunning, StackFailed) as error:
            raise CommandError(str(error)) from None
        finally:
            if stack.is_running:
                _stop(stack, display)
        if not status:
            display.heading("Try next")
            display.pairs(_NEXT)
            display.note("")
        sys.exit(status)


def _play(stack: Stack, display: Display) -> int:
    if problems := tell(stack, display):
        explain(stack, problems, display)
        return 1
    return 0


def _stop(stack: Stack, display: Display) -> None:
    started_at = time.monotonic()
    with hurried_by_signal(stack.hurry), display.doing("Stopping everything"):
        killed = stack.stop()
    how = f"; killed: {', '.join(killed)}" if killed else ""
    display.tick(f"Stopped everything that was started{how}", format_duration(time.monotonic() - started_at))
