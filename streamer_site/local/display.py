"""The output of the demo: live bars on a terminal, a few plain lines anywhere else."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.table import Column, Table

from streamer_site.local.client import Followed

_LABEL_WIDTH = 22
_BAR_WIDTH = 30
_TEXT_WIDTH = 64
_PLAIN_STEP = 25


class Bars(Protocol):
    """The display of running requests. It is called with every message about one of them."""

    def __call__(self, followed: Followed) -> None: ...


class Display:
    """Headings, ticks, bars and tables on a rich console."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def title(self, text: str, where: str) -> None:
        self._console.print(f"\n[bold]{escape(text)}[/]  [dim]{escape(where)}[/]\n")

    def heading(self, text: str) -> None:
        self._console.print(f"\n[bold]{escape(text)}[/]")

    def tick(self, text: str, figure: str = "") -> None:
        words = f"{escape(text):<{_TEXT_WIDTH}} [dim]{escape(figure)}[/]" if figure else escape(text)
        self._console.print(f"[green]✓[/] {words}", soft_wrap=True)

    def cross(self, text: str) -> None:
        self._console.print(f"[red]✗[/] {escape(text)}", soft_wrap=True)

    def note(self, text: str) -> None:
        self._console.print(escape(text), style="dim", soft_wrap=True)

    @contextmanager
    def doing(self, text: str) -> Iterator[None]:
        """Show what is being waited for. On a terminal the text disappears at the end."""
        with self._console.status(escape(text), spinner="dots", spinner_style="cyan"):
            yield

    @contextmanager
    def bars(self) -> Iterator[Bars]:
        if not self._console.is_terminal:
            yield PlainBars(self._console)
            return
        with _progress(self._console) as progress:
            yield LiveBars(progress)

    def table(self, headings: Sequence[tuple[str, bool]], rows: Sequence[Sequence[str]]) -> None:
        """Show a table. ``headings``: the text, and True for a column of numbers."""
        table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False, border_style="dim")
        for text, is_number in headings:
            table.add_column(text, justify="right" if is_number else "left", no_wrap=True)
        for row in rows:
            table.add_row(*map(escape, row))
        self._console.print(Padding(table, (0, 0, 0, 2)))


class LiveBars:
    """One bar for each request, which its messages move."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._tasks: dict[int, TaskID] = {}

    def __call__(self, followed: Followed) -> None:
        task = self._tasks.get(id(followed))
        if task is None:
            task = self._tasks[id(followed)] = self._progress.add_task(f"{followed.label:<{_LABEL_WIDTH}}", text="")
        self._progress.update(task, completed=followed.percentage, text=_text(followed))
        if followed.ended.is_set() and followed.status != "completed":
            self._progress.stop_task(task)


class PlainBars:
    """Lines for each request: when it starts, at each quarter, and when it ends."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._shown: dict[int, int] = {}

    def __call__(self, followed: Followed) -> None:
        if followed.ended.is_set():
            problem = f": {followed.error['message']}" if followed.error else ""
            self._line(followed, f"{followed.status} after {followed.seconds:.1f} s{problem}")
        elif followed.status == "running":
            quarter = min(3, int(followed.percentage // _PLAIN_STEP))
            if self._shown.get(id(followed)) != quarter:
                self._shown[id(followed)] = quarter
                self._line(followed, followed.text or "started")

    def _line(self, followed: Followed, text: str) -> None:
        line = f"  {followed.label:<{_LABEL_WIDTH}} {followed.percentage:3.0f} %  {text}"
        self._console.print(line, soft_wrap=True, highlight=False, markup=False)


def _progress(console: Console) -> Progress:
    # On a narrow terminal only the text at the end is cut.
    return Progress(
        TextColumn("  {task.description}", table_column=Column(min_width=_LABEL_WIDTH + 2, no_wrap=True)),
        BarColumn(_BAR_WIDTH, style="grey30", complete_style="cyan", finished_style="green"),
        TextColumn("{task.percentage:>3.0f} % ", table_column=Column(min_width=6, no_wrap=True)),
        TextColumn("{task.fields[text]}", table_column=Column(no_wrap=True, overflow="ellipsis")),
        console=console,
        refresh_per_second=15,
    )


def _text(followed: Followed) -> str:
    if not followed.ended.is_set():
        waits = followed.status in ("sent", "queued")
        return "[dim]waits for a worker[/]" if waits else f"[dim]{escape(followed.text)}[/]"
    if followed.status == "completed":
        return f"[green]{followed.seconds:.1f} s[/]"
    return f"[red]{escape(str(followed.error.get('message', followed.status)))}[/]"
