"""Progress in a notebook: a bar of ipywidgets where that is installed, and a line of text where it is not."""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any, Protocol

from streamer_client.events import Progress


class _Display(Protocol):
    def show(self, percentage: float, message: str) -> None: ...


class NotebookBar:
    """Shows each progress it is called with. One object shows one request."""

    def __init__(self, display: _Display) -> None:
        self._display = display

    def __call__(self, event: Progress) -> None:
        self._display.show(event.percentage, event.message)


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
    return notebook_bar() if shell is not None and type(shell).__name__ == "ZMQInteractiveShell" else None


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


class _TextDisplay:
    """Writes over one line, which notebooks understand as terminals do."""

    def show(self, percentage: float, message: str) -> None:
        end = "\n" if percentage >= 100 else ""
        sys.stdout.write(f"\r{percentage:3.0f} % {message:<60.60}{end}")
        sys.stdout.flush()
