"""Progress on a terminal: with rich where that is installed, with plain text where it is not."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Protocol, TextIO

_WIDTH = 30
_MAX_TEXT = 60


class Bar(Protocol):
    def show(self, percentage: float, text: str) -> None:
        """Show how far it is, from 0 to 100."""


class NoBar:
    def show(self, percentage: float, text: str) -> None:
        """Show nothing."""


class PlainBar:
    """Writes over one line."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def show(self, percentage: float, text: str) -> None:
        filled = "#" * round(percentage * _WIDTH / 100)
        self._stream.write(f"\r\x1b[K[{filled:<{_WIDTH}}] {percentage:3.0f} % {_line(text)}")
        self._stream.flush()

    def close(self) -> None:
        self._stream.write("\r\x1b[K")
        self._stream.flush()


class RichBar:
    """``escape`` is that of rich: without it, what stands in brackets would be a style."""

    def __init__(self, progress: Any, escape: Callable[[str], str]) -> None:
        self._progress = progress
        self._escape = escape
        self._task = progress.add_task("", total=100)

    def show(self, percentage: float, text: str) -> None:
        self._progress.update(self._task, completed=percentage, description=self._escape(_line(text)))


@contextmanager
def progress_bar(*, wanted: bool) -> Iterator[Bar]:
    """Show a bar on the standard error while the block runs, if that is a terminal. It is gone afterwards."""
    if not wanted or not sys.stderr.isatty():
        yield NoBar()
        return
    try:
        rich, console, markup = map(import_module, ("rich.progress", "rich.console", "rich.markup"))
    except ImportError:
        plain = PlainBar(sys.stderr)
        try:
            yield plain
        finally:
            plain.close()
        return
    with rich.Progress(console=console.Console(stderr=True), transient=True) as progress:
        yield RichBar(progress, markup.escape)


def _line(text: str) -> str:
    """Return the beginning of a text as one line that cannot steer the terminal."""
    return "".join(character if character.isprintable() else " " for character in text[:_MAX_TEXT])
