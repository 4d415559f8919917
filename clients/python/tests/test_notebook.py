"""Progress in notebooks, where their libraries are and where they are not."""

import subprocess
import sys
from types import ModuleType, SimpleNamespace

import pytest

from streamer_client import notebook_bar
from streamer_client.events import event_of
from streamer_client.notebook import notebook_progress

MESSAGE = {"type": "progress", "request_id": "1", "seq": 1, "percentage": 40, "message": "Reading"}


def without_notebook(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ipywidgets", "IPython", "IPython.display"):
        monkeypatch.setitem(sys.modules, name, None)


def test_without_its_libraries_a_line_of_text_shows_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    without_notebook(monkeypatch)
    notebook_bar()(event_of(MESSAGE))  # type: ignore[arg-type]
    assert capsys.readouterr().out.startswith("\r 40 % Reading")


def test_a_message_of_several_lines_stays_on_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    without_notebook(monkeypatch)
    notebook_bar()(event_of({**MESSAGE, "message": "Reading\nthe table"}))  # type: ignore[arg-type]
    assert capsys.readouterr().out.rstrip() == "\r 40 % Reading the table"


@pytest.mark.parametrize(("has_completed", "last"), [(True, "\r100 % "), (False, "\r 40 % Reading")])
def test_the_end_is_shown_and_leaves_the_line(
    has_completed: bool, last: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    without_notebook(monkeypatch)
    bar = notebook_bar()
    bar.end(has_completed=True)
    bar(event_of(MESSAGE))  # type: ignore[arg-type]
    bar.end(has_completed=has_completed)
    shown = capsys.readouterr().out
    assert shown.endswith("\n") and shown[shown.rindex("\r") :].rstrip() == last.rstrip()
    bar.end(has_completed=True)
    assert capsys.readouterr().out == ""


def test_with_them_a_widget_shows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    widgets, ipython, shown = ModuleType("ipywidgets"), ModuleType("IPython"), []
    bar, label = SimpleNamespace(value=0), SimpleNamespace(value="")
    vars(widgets).update(FloatProgress=lambda **_: bar, Label=lambda: label, HBox=lambda parts: parts)
    monkeypatch.setitem(sys.modules, "ipywidgets", widgets)
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(display=shown.append))
    notebook_bar()(event_of(MESSAGE))  # type: ignore[arg-type]
    assert shown == [[bar, label]] and (bar.value, label.value) == (40.0, "40 % Reading")


@pytest.mark.parametrize(("has_completed", "looks"), [(True, (100, "success")), (False, (40.0, "danger"))])
def test_a_widget_shows_how_it_ended(
    has_completed: bool, looks: tuple[float, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    widgets, bar = ModuleType("ipywidgets"), SimpleNamespace(value=0)
    vars(widgets).update(FloatProgress=lambda **_: bar, Label=SimpleNamespace, HBox=lambda parts: parts)
    monkeypatch.setitem(sys.modules, "ipywidgets", widgets)
    monkeypatch.setitem(sys.modules, "IPython", ModuleType("IPython"))
    monkeypatch.setitem(sys.modules, "IPython.display", SimpleNamespace(display=lambda _: None))
    shown = notebook_bar()
    shown(event_of(MESSAGE))  # type: ignore[arg-type]
    shown.end(has_completed=has_completed)
    assert (bar.value, bar.bar_style) == looks


def test_outside_a_notebook_nothing_is_shown_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    without_notebook(monkeypatch)
    assert notebook_progress() is None


def test_in_a_notebook_a_bar_is_shown_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    without_notebook(monkeypatch)
    jupyter = type("ZMQInteractiveShell", (), {})
    for shell in (jupyter, type("Shell", (jupyter,), {})):
        monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=shell))
        assert notebook_progress() is not None
    terminal = type("TerminalInteractiveShell", (), {})
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=terminal))
    assert notebook_progress() is None


def test_nothing_optional_is_imported_by_itself() -> None:
    code = "import sys, streamer_client, streamer_client.cli.main; print(*sys.modules)"
    env = {"PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env, check=True)
    assert {"IPython", "ipywidgets", "django"}.isdisjoint(done.stdout.split())
