"""Handlers whose files change while a process serves them."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from jobs.contract import registry, reloading
from jobs.contract.registry import all_handlers
from jobs.contract.reloading import Reloader
from tests.jobs.contract.conftest import MakeFiles, source

FIRST = source("first") + "    description = 'before'\n"


@pytest.fixture
def folder(make_files: MakeFiles, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Serve a package with one handler."""
    found = make_files({"reloaded/__init__.py": "", "reloaded/work.py": FIRST})
    settings.STREAMER_HANDLERS = ["reloaded"]
    monkeypatch.setattr(registry, "_latest", [])
    monkeypatch.setattr(reloading, "_LOOK_SECONDS", 0.0)
    undo = registry.replace(registry.search_again())
    yield found / "reloaded"
    undo()


def reload(reloader: Reloader, caplog: pytest.LogCaptureFixture) -> str:
    """Reload what has changed, and return what was told of it."""
    assert reloader.has_changed()
    caplog.clear()
    with caplog.at_level("INFO"):
        reloader.reload(tell=True)
    assert not reloader.has_changed()
    return caplog.messages[-1]


def test_it_works(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    reloader, old = Reloader(), all_handlers()["first"]
    assert not reloader.has_changed()
    (folder / "work.py").write_text(FIRST.replace("before", "behind"))  # of the same size, within the same second
    told = reload(reloader, caplog)
    assert told.startswith("Handlers reloaded after a change of ") and told.endswith("work.py")
    assert all_handlers()["first"].description == "behind"
    assert old.description == "before"  # what runs goes on with what it began with


def test_a_new_file_is_a_new_action_and_a_deleted_one_is_none(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    reloader = Reloader()
    (folder / "more.py").write_text(source("second"))
    assert reload(reloader, caplog).endswith("more.py; new: second")
    assert {"first", "second", "echo"} <= set(all_handlers())
    (folder / "more.py").unlink()
    reload(reloader, caplog)
    assert "second" not in all_handlers() and "first" in all_handlers()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("def broken(:\n", "more.py, line 1)"),
        ("\n\n1 / 0\n", "more.py, line 3)"),
        (source("first"), "Two handlers have the action 'first'"),
        (source("second", queue="nowhere"), "which does not exist"),
    ],
)
def test_the_code_before_goes_on_beside_a_mistake(
    folder: Path, caplog: pytest.LogCaptureFixture, text: str, told: str
) -> None:
    reloader, before, module = Reloader(), dict(all_handlers()), sys.modules["reloaded.work"]
    (folder / "more.py").write_text(text)
    message = reload(reloader, caplog)
    assert "more.py is not taken, the code before goes on: " in message and told in message
    assert dict(all_handlers()) == before
    assert sys.modules["reloaded.work"] is module and sys.modules["reloaded"].work is module
    (folder / "more.py").write_text(source("mended"))
    assert reload(reloader, caplog).endswith("new: mended")


def test_a_change_of_what_a_handler_imports_counts(
    folder: Path, caplog: pytest.LogCaptureFixture, settings: Settings
) -> None:
    (folder / "words.py").write_text("WORD = 'one'\n")
    (folder / "work.py").write_text(f"from reloaded.words import WORD\n{source('first')}    description = WORD\n")
    reloader = Reloader()
    (folder / "words.py").write_text("WORD = 'two'\n")
    reload(reloader, caplog)
    assert all_handlers()["first"].description == "two"


def test_without_the_setting_nothing_is_looked_at(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reloading, "_reloader", [])
    assert settings.STREAMER_RELOAD_HANDLERS is False
    reloading.start()
    assert not reloading.code_has_changed()
