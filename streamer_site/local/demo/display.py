"""The output of the demo: headings, ticks, bars and tables on a rich console."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table

from streamer_site.local.demo.bars import Bars, LiveBars, PlainBars, live_progress

_TEXT_WIDTH = 62
_INDENT = "   "


class Display:
    """Headings, ticks, bars and tables. Without a terminal they are plain lines."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._is_live = console.is_terminal and not console.is_dumb_terminal

    def title(self, text: str, where: str) -> None:
        self._line(f"\n[bold]{escape(text)}[/]  [dim]{escape(where)}[/]\n")

    def act(self, number: int, title: str, story: str) -> None:
        """Show the number and the title of an act, and in a line what is going to be seen."""
        self._line(f"\n[bold cyan]{number}[/]  [bold]{escape(title)}[/]\n{_INDENT}[dim]{escape(story)}[/]")

    def heading(self, text: str) -> None:
        self._line(f"\n[bold]{escape(text)}[/]")

    def tick(self, text: str, figure: str = "") -> None:
        words = f"{escape(text):<{_TEXT_WIDTH}}  [dim]{escape(figure)}[/]" if figure else escape(text)
        self._line(f"{_INDENT}[green]✓[/] {words}")

    def blow(self, text: str) -> None:
        """Show what was done to a process or to a connection."""
        self._line(f"{_INDENT}[yellow]✂[/] [yellow]{escape(text)}[/]")

    def cross(self, text: str) -> None:
        self._line(f"{_INDENT}[red]✗[/] {escape(text)}")

    def note(self, text: str) -> None:
        self._line(f"[dim]{escape(text)}[/]")

    def pairs(self, rows: Sequence[tuple[str, str]]) -> None:
        """Show names and what they stand for, the names in one column."""
        width = max(len(name) for name, _ in rows)
        for name, text in rows:
            self._line(f"{_INDENT}[cyan]{escape(f'{name:<{width}}')}[/]  {escape(text)}")

    @contextmanager
    def doing(self, text: str) -> Iterator[None]:
        """Show what is being waited for. On a terminal the text disappears at the end."""
        if not self._is_live:
            yield
            return
        with self._console.status(escape(text), spinner="dots", spinner_style="cyan"):
            yield

    @contextmanager
    def bars(self) -> Iterator[Bars]:
        if not self._is_live:
            yield PlainBars(self._console)
            return
        with live_progress(self._console) as progress:
            yield LiveBars(progress)

    def table(self, headings: Sequence[tuple[str, bool]], rows: Sequence[Sequence[str]]) -> None:
        """Show a table. ``headings``: the text, and True for a column of numbers."""
        table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False, border_style="dim")
        for text, is_number in headings:
            table.add_column(text, justify="right" if is_number else "left", no_wrap=True)
        for row in rows:
            table.add_row(*map(escape, row))
        self._console.print(Padding(table, (0, 0, 0, len(_INDENT))))

    def _line(self, markup: str) -> None:
        self._console.print(markup, soft_wrap=True)
