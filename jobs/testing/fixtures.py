"""Fixtures of pytest for the whole stack in one process: ``pytest_plugins = ["jobs.testing.fixtures"]``.

They need pytest-django. Redis may be there or not: it only wakes workers, and here nobody sleeps.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import pytest
from django.apps import apps
from django.core.checks import run_checks
from django.db import connections
from django.db.backends.sqlite3.base import DatabaseWrapper
from pytest_django import Settings

from jobs.conf.checks import TAG, line_of
from jobs.contract.base import Handler
from jobs.contract.registry import all_handlers
from jobs.queue import estimates
from jobs.testing.stack import InProcessStack


def pytest_sessionstart() -> None:
    """End the run with status 2 and one line for each fault of settings and handlers, if there is any."""
    if apps.ready and (faults := [one for one in run_checks(tags=[TAG]) if one.is_serious()]):
        pytest.exit("\n".join(map(line_of, faults)), returncode=2)


@pytest.fixture
def streamer(
    transactional_db: None, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[InProcessStack]:
    """Submit requests and run them: ``streamer.submit("count_words", {…})``, then ``streamer.run()``.

    The database is that of the test; files and scratch folders are in the test's ``tmp_path``.
    """
    connection = connections["default"]
    if isinstance(connection, DatabaseWrapper) and connection.is_in_memory_db():
        # Progress is written by a thread of its own, with a connection of its own.
        pytest.fail('The stack needs a SQLite database in a file: set TEST={"NAME": "…"} in DATABASES', pytrace=False)
    files = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path / "files")}}
    settings.STORAGES = {**settings.STORAGES, "default": files}
    settings.STREAMER_SCRATCH_DIR = tmp_path / "scratch"

    def register(handler: Handler[Any]) -> None:
        handlers = cast(dict[str, Handler[Any]], all_handlers())  # for all others it is read only
        monkeypatch.setitem(handlers, handler.action, handler)

    estimates.forget()
    yield InProcessStack(register)
    estimates.forget()
