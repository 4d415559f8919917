"""Progress in a notebook: a bar of ipywidgets where that is installed, and a line of text where it is not."""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any, Protocol

from streamer_client.events import Progress


class _Display(Protocol):
    def show(self, percentage: float, message: str) -> None: ...

    def end(self, *, has_completed: bool) -> None: ...


class NotebookBar:
    """Shows each progress it is called with. One object shows one request."""

    def __init__(self, display: _Display) -> None:
        self._display = display

    def __call__(self, event: Progress) -> None:
        self._display.show(event.percentage, event.message)

    def end(self, *, has_completed: bool) -> None:
        """Show that nothing more comes: a full bar for a request that has completed, else one that stays as it is."""
        self._display.end(has_completed=has_completed)


def notebook_bar() -> NotebookBar:
    """Return a bar to pass as ``on_progress``. It appears below the cell that runs."""
    widgets = _optional("ipywidgets")
    ipython = _optional("IPython.display")
    if widgets is not None and ipython is not None:
        return NotebookBar(_WidgetDisplay(widgets, ipython))
    return NotebookBar(_TextDisplay())


def notebook_progress() -> NotebookBar | None:
    """Return a bar if this runs in a notebook; None elsewhere. Nothing is imported to find out."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    # Some notebooks have a shell of their own that is derived from that of Jupyter.
    names = [kind.__name__ for kind in type(shell).__mro__]
    return notebook_bar() if "ZMQInteractiveShell" in names else None


def _optional(name: str) -> ModuleType | None:
    try:
        return import_module(name)
    except ImportError:
        return None


class _WidgetDisplay:
    def __init__(self, widgets: Any, display: Any) -> None:
        self._bar = widgets.FloatProgress(min=0, max=100)
        self._text = widgets.Label()
        display.display(widgets.HBox([self._bar, self._text]))

    def show(self, percentage: float, message: str) -> None:
        self._bar.value = percentage
        self._text.value = f"{percentage:.0f} % {message}"

    def end(self, *, has_completed: bool) -> None:
        if has_completed:
            self.show(100, "")
        self._bar.bar_style = "success" if has_completed else "danger"


class _TextDisplay:
    """Writes over one line, which notebooks understand as terminals do."""

    def __init__(self) -> None:
        self._is_open = False

    def show(self, percentage: float, message: str) -> None:
        self._write(f"\r{percentage:3.0f} % {' '.join(message.split()):<60.60}")
        self._is_open = True
        if percentage >= 100:
            self._leave_line()

    def end(self, *, has_completed: bool) -> None:
        if self._is_open and has_completed:
            self.show(100, "")
        self._leave_line()

    def _leave_line(self) -> None:
        if self._is_open:
            self._write("\n")
        self._is_open = False

    def _write(self, text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()
