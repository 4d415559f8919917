"""``manage.py streamer_top``: what waits and runs, live, with keys to cancel, retry and pause."""

import sys
import time
from typing import IO, Any, cast

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import Error as DatabaseError
from django.db import connections
from rich.console import Console
from rich.live import Live

from jobs.management.top.board import Board
from jobs.management.top.keys import await_keys, single_keys
from jobs.management.top.page import draw

_MIN_SECONDS, _MAX_SECONDS = 0.5, 60.0


class Command(BaseCommand):
    help = (
        "Show queues, actions and requests in this terminal, live. Keys choose a request, cancel or retry it, or pause "
        "its action; ? lists the keys, q quits."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--seconds", type=float, default=1.0, help="seconds between two refreshes, 0.5 to 60 (default: 1)"
        )
        parser.add_argument(
            "--once", action="store_true", help="print the page once and end, also where there is no terminal"
        )

    def handle(self, *, seconds: float, once: bool, **options: Any) -> None:
        if not _MIN_SECONDS <= seconds <= _MAX_SECONDS:
            raise CommandError(f"--seconds must be from {_MIN_SECONDS} to {_MAX_SECONDS:.0f}")
        board = Board()
        if once:
            _refresh(board)
            console = Console(file=cast(IO[str], self.stdout), highlight=False)
            console.print(draw(board, height=console.height))
            return
        if not (sys.stdin.isatty() and sys.stdout.isatty()):
            raise CommandError("This page needs a terminal; elsewhere use --once, or streamer_stats --json")
        self._run(board, seconds)

    def _run(self, board: Board, seconds: float) -> None:
        console = Console(highlight=False)
        with single_keys(), Live(console=console, screen=True, auto_refresh=False) as live:
            look_at = 0.0
            while not board.is_over:
                if time.monotonic() >= look_at:
                    _refresh(board)
                    look_at = time.monotonic() + seconds
                live.update(draw(board, height=console.height), refresh=True)
                for key in await_keys(max(0.0, look_at - time.monotonic())):
                    _press(board, key)


def _refresh(board: Board) -> None:
    try:
        board.refresh()
    except DatabaseError as error:
        connections.close_all()
        board.said = f"The database does not answer: {error}"


def _press(board: Board, key: str) -> None:
    try:
        board.press(key)
    except DatabaseError as error:
        connections.close_all()
        board.said = f"The database does not answer: {error}"
