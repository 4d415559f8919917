"""The output of several processes in one terminal: each line follows the name of its process, in colour."""

from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

_COLOURS = {"streamer": "bold white", "web": "green", "worker": "cyan", "sweeper": "magenta"}
_NAME_WIDTH = 9


class LinePrinter:
    """The printer. Call it with a name and a line, from any thread."""

    def __init__(self, console: Console, quiet: Iterable[str] = ()) -> None:
        """Create a printer. Lines of the processes ``quiet`` go to their log file alone."""
        self._console = console
        self._quiet = frozenset(quiet)

    def __call__(self, name: str, line: str) -> None:
        if name in self._quiet:
            return
        colour = _COLOURS.get(name.split("-")[0], "white")
        # Built by hand and not wrapped, so that a log line stays one line and square brackets stay text.
        text = Text.assemble((f"{name:<{_NAME_WIDTH}}", colour), (" │ ", "dim"), Text.from_ansi(line))
        self._console.print(text, soft_wrap=True, highlight=False)
