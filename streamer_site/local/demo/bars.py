"""The display of running requests: live bars on a terminal, a few plain lines anywhere else."""

from typing import Protocol

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.table import Column

from jobs.formatting import format_duration
from streamer_site.local.client import Followed

LABEL_WIDTH = 24
_BAR_WIDTH = 30
_PLAIN_STEP = 25


class Bars(Protocol):
    """The display. It is called with every message about a request."""

    def __call__(self, followed: Followed) -> None: ...


class LiveBars:
    """One bar for each request, which its messages move."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[int, TaskID] = {}

    def __call__(self, followed: Followed) -> None:
        task = self._tasks.get(id(followed))
        if task is None:
            label = escape(f"{followed.label:<{LABEL_WIDTH}}")
            task = self._tasks[id(followed)] = self._progress.add_task(label, text="")
        self._progress.update(task, completed=followed.percentage, text=_text(followed))
        if followed.ended.is_set() and followed.status != "completed":
            self._progress.stop_task(task)


class PlainBars:
    """Lines for each request: when it starts, at each quarter, and when it ends."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown: dict[int, tuple[int, int]] = {}

    def __call__(self, followed: Followed) -> None:
        if followed.ended.is_set():
            problem = f": {followed.error['message']}" if followed.error else ""
            self._line(followed, f"{followed.status} after {format_duration(followed.seconds)}{problem}")
        elif followed.status == "running":
            shown = (followed.attempt, min(3, int(followed.percentage // _PLAIN_STEP)))
            if self._shown.get(id(followed)) != shown:
                self._shown[id(followed)] = shown
                self._line(followed, followed.text or "started")

    def _line(self, followed: Followed, text: str) -> None:
        line = f"   {followed.label:<{LABEL_WIDTH}} {followed.percentage:3.0f} %  {text}"
        self._console.print(line, soft_wrap=True, highlight=False, markup=False)


def live_progress(console: Console) -> Progress:
    """Make the bars. On a narrow terminal only the text at the end is cut."""
    return Progress(
        TextColumn("   {task.description}", table_column=Column(min_width=LABEL_WIDTH + 3, no_wrap=True)),
        BarColumn(_BAR_WIDTH, style="grey30", complete_style="cyan", finished_style="green"),
        TextColumn("{task.percentage:>3.0f} % ", table_column=Column(min_width=6, no_wrap=True)),
        TextColumn("{task.fields[text]}", table_column=Column(no_wrap=True, overflow="ellipsis")),
        console=console,
        refresh_per_second=15,
    )


def _text(followed: Followed) -> str:
    if followed.status == "completed":
        again = f"  [dim]attempt {followed.attempt}[/]" if followed.attempt > 1 else ""
        return f"[green]{format_duration(followed.seconds)}[/]{again}"
    if followed.ended.is_set():
        return f"[red]{escape(str(followed.error.get('message', followed.status)))}[/]"
    if followed.note:
        return f"[yellow]{escape(followed.note)}[/]"
    waits = followed.status in ("sent", "queued")
    return "[dim]waits for a worker[/]" if waits else f"[dim]{escape(followed.text)}[/]"
